import assert from "node:assert/strict";
import { testWithTool } from "../../support/debian_tool.ts";
import { createFreeSwitch } from "../../../src/simulator/freeswitch/free_switch.ts";
import { until } from "../../../tools/deploy/until.ts";
import { plainCall } from "../../support/node_rig.ts";
import { SupervisorClient } from "../../../tools/deploy/local/supervisor_client.ts";
import { type DeployRig, withDeploys } from "./deploy_rig.ts";
import { isAlive } from "./is_alive.ts";

const REDIS = { names: ["redis-server"], debianPackage: "redis-server" };
const LOCAL = ["--target", "local", "--only", "nodes,redis"];

function siteText(more = "", eslPort?: number, drainSeconds = 0): string {
  const port = eslPort === undefined ? "" : `, eslPort: ${eslPort}`;
  return `model: simulator
nodes:
  - {name: node1, host: 127.0.0.1}
  - {name: node2, host: 127.0.0.1${port}}
sizes: {shards: 1, maxConnections: 5, drainSeconds: ${drainSeconds}}
${more}
`;
}

function clusterOf({ directory }: DeployRig): SupervisorClient {
  return new SupervisorClient(`${directory}/local`);
}

async function pidsOf(rig: DeployRig): Promise<Record<string, number>> {
  const status = await clusterOf(rig).status();
  assert.ok(status, "nothing runs");
  const pids = Object.entries(status.processes).map(([name, each]) =>
    [name, each.pid] as const
  );
  return Object.fromEntries(
    pids.filter(([, pid]) => pid !== undefined),
  ) as Record<string, number>;
}

testWithTool(
  REDIS,
  "a local cluster takes a call through each node, stays as it is the second time, and leaves nothing behind",
  async () => {
    await withDeploys(async (rig) => {
      const args = [...LOCAL, "--site", rig.site(siteText())];
      const first = await rig.deploy(args);
      assert.equal(first.code, 0, first.said);
      for (const node of ["node1", "node2"]) {
        assert.match(
          first.said,
          new RegExp(`${node}: a call through it heard sound`),
        );
      }
      const pids = await pidsOf(rig);
      assert.deepEqual(
        Object.keys(pids).toSorted(),
        ["model", "node1", "node2", "redis"],
      );
      const second = await rig.deploy(args);
      assert.equal(second.code, 0, second.said);
      assert.match(second.said, /Nothing had to change/);
      assert.deepEqual(await pidsOf(rig), pids);
      const table = await rig.deploy(["--target", "local", "--status"]);
      assert.match(table.said, new RegExp(`node2 +running +${pids.node2} `));

      const supervisor = (await clusterOf(rig).status())!.pid;
      const down = await rig.deploy(["--target", "local", "--down"]);
      assert.equal(down.code, 0, down.said);
      for (const pid of [...Object.values(pids), supervisor]) {
        assert.equal(await isAlive(pid), false, `${pid} runs`);
      }
    });
  },
);

testWithTool(
  REDIS,
  "a node that no call goes through is put back, the others keep running, and a roll back changes nothing more",
  async () => {
    await withDeploys(async (rig) => {
      const good = rig.site(siteText());
      assert.equal((await rig.deploy([...LOCAL, "--site", good])).code, 0);
      const pids = await pidsOf(rig);
      // The simulated model knows no such model: nodes get ready, calls do not.
      const bad = rig.site(
        siteText("settings: {STEPFUN_MODEL: no-such-model}"),
      );
      const { code, said } = await rig.deploy([...LOCAL, "--site", bad]);
      assert.equal(code, 1, said);
      assert.match(said, /node1: the call through it ended with/);
      assert.match(said, /node1: the end of its log:\n.*\{/);
      assert.match(said, /node1: runs release \w+ again/);
      assert.match(said, /The deploy stopped at node1\. .* runs on no node/);
      const after = await pidsOf(rig);
      assert.equal(after.node2, pids.node2);
      assert.notEqual(after.node1, pids.node1);
      const again = await rig.deploy([...LOCAL, "--site", good]);
      assert.match(again.said, /Nothing had to change/);
      assert.deepEqual(await pidsOf(rig), after);
    });
  },
);

testWithTool(
  REDIS,
  "a node that never gets ready is put back with its last words",
  async () => {
    await withDeploys(async (rig) => {
      const good = rig.site(siteText());
      assert.equal((await rig.deploy([...LOCAL, "--site", good])).code, 0);
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr as Deno.NetAddr;
      const bad = rig.site(siteText("", port));
      const { code, said } = await rig.deploy([...LOCAL, "--site", bad]);
      assert.equal(code, 1, said);
      assert.match(said, /node1: unchanged/);
      assert.match(said, /node2: it ended 3 times/);
      assert.match(said, /is in use: set another one/);
      assert.match(said, /node2: runs release \w+ again/);
      const status = await clusterOf(rig).status();
      assert.equal(status?.processes.node2.state, "running");
    });
  },
);

testWithTool(
  REDIS,
  "Ctrl-C in the middle leaves each node old or new, says which, and the next deploy goes on",
  async () => {
    await withDeploys(async (rig) => {
      const good = rig.site(siteText());
      assert.equal((await rig.deploy([...LOCAL, "--site", good])).code, 0);
      const changed = rig.site(siteText("settings: {LOG_LEVEL: debug}"));
      const args = [...LOCAL, "--site", changed];
      const { code, said } = await rig.deploy(args, {
        onLine: (line, child) => {
          if (line.includes("node2: drains")) child.kill("SIGINT");
        },
      });
      assert.equal(code, 130, said);
      assert.match(said, /Interrupted\. Release \w+ runs on node1(, node2)?;/);
      assert.match(said, /Go on: deploy again/);
      const status = (await clusterOf(rig).status())!;
      for (const node of ["node1", "node2"]) {
        assert.equal(status.processes[node].state, "running", said);
      }
      const next = await rig.deploy(args);
      assert.equal(next.code, 0, next.said);
      assert.match(next.said, /node1: unchanged/);
      const back = await rig.deploy([...LOCAL, "--site", good, "--rollback"]);
      assert.equal(back.code, 0, back.said);
      assert.match(back.said, /All nodes run release/);
    });
  },
);

testWithTool(
  REDIS,
  "a call that runs while its node is replaced goes on until the caller hangs up",
  async () => {
    await withDeploys(async (rig) => {
      const site = (more: string) => rig.site(siteText(more, undefined, 60));
      const good = [...LOCAL, "--site", site("")];
      assert.equal((await rig.deploy(good)).code, 0);
      const path = `${rig.directory}/local/ports.json`;
      const ports = JSON.parse(await Deno.readTextFile(path));
      const freeSwitch = createFreeSwitch();
      try {
        const heard = Promise.withResolvers<void>();
        const call = freeSwitch.placeCall({
          ...plainCall({ eslPort: ports["node1:esl"] }),
          heard: (frame) => frame && heard.resolve(),
        });
        await heard.promise;
        const args = [...LOCAL, "--site", site("settings: {LOG_LEVEL: debug}")];
        let framesAtDrain = 0;
        const deploying = rig.deploy(args, {
          onLine: (line) => {
            if (line.includes("node1: drains")) {
              framesAtDrain = call.stats.framesSent;
            }
          },
        });
        await until(
          () =>
            Promise.resolve(
              framesAtDrain > 0 && call.stats.framesSent > framesAtDrain + 50,
            ),
          AbortSignal.timeout(60_000),
        );
        call.hangUp();
        const outcome = await call.ended;
        assert.equal(outcome.cause, "NORMAL_CLEARING");
        assert.equal((await deploying).code, 0);
      } finally {
        await freeSwitch.close();
      }
    });
  },
);
