import assert from "node:assert/strict";
import { findFileProblem } from "../../../tools/capacity/file_limit.ts";
import {
  parseUsage,
  readUsage,
} from "../../../tools/capacity/process_usage.ts";

const stat = (id: number, name: string, user: number, system: number) =>
  `${id} (${name}) S 1 1 1 0 -1 0 0 0 0 0 ${user} ${system} 0 0 20 0 9 0`;

const TEXT = `cpu  100 0 50 790 50 0 0 10 0 0
cpu0 100 0 50 790 50 0 0 10 0 0

${stat(42, "deno", 300, 100)}

${stat(42, "deno", 120, 30)}
${stat(43, "V8 Def) (x", 10, 0)}
${stat(46, "media", 80, 10)}
${stat(45, "worker-10", 40, 0)}
${stat(44, "worker-2", 60, 20)}

Name:	deno
VmRSS:	  9000 kB
RssAnon:	  5000 kB
RssFile:	  3000 kB
RssShmem:	  1000 kB

17
`;

Deno.test("a process's usage is read by thread, with the shards in their order", () => {
  assert.deepEqual(parseUsage(TEXT), {
    cpuS: 4,
    mainS: 1.5,
    mediaS: 0.9,
    workersS: [0.8, 0.4],
    memoryBytes: 6000 * 1024,
    files: 17,
    machineS: 10,
    machineBusyS: 1.6,
    machineStolenS: 0.1,
  });
});

Deno.test("the usage of this process can be read, and that of one that is gone cannot", async () => {
  const { cpuS, memoryBytes, files } = await readUsage(Deno.pid);
  assert.ok(cpuS > 0);
  assert.ok(memoryBytes > 1e6, `${memoryBytes} bytes`);
  assert.ok(files > 2, `${files} files`);
  await assert.rejects(readUsage(0x7ffffffe), /Cannot read \/proc/);
});

Deno.test("too few open files are told with the way to raise them", () => {
  const limit = { soft: 1024, hard: 4096 };
  const need = (calls: number) =>
    findFileProblem({ calls, callerProcesses: 1 }, limit);
  assert.equal(need(250), undefined);
  assert.match(need(1000)!, /1000 calls need 3150 open files.*ulimit -n 3150$/);
  assert.match(need(4000)!, /as root: ulimit -Hn 12150/);
});
