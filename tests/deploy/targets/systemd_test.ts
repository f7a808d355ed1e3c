import assert from "node:assert/strict";
import { startFlags } from "../../../tools/start_flags.ts";
import { memoryMib } from "../../../tools/deploy/node_size.ts";
import { renderSystemd } from "../../../tools/deploy/systemd/render_systemd.ts";
import { runTool, testWithTool } from "../../support/debian_tool.ts";
import { exampleContext, ROOT } from "./target_rig.ts";

const context = exampleContext();
const files = await renderSystemd(context);
const unit = files.get("vapi-cn@.service")!;
const ANALYZE = { names: ["systemd-analyze"], debianPackage: "systemd" };

Deno.test("the unit runs the server with the flags of the task start", () => {
  const flags = startFlags(Deno.readTextFileSync(`${ROOT}/deno.json`));
  assert.ok(unit.includes(` ${flags.join(" ")} main.ts\n`), unit);
});

Deno.test("the unit gives a node longer than its drain", () => {
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1]);
  assert.ok(seconds >= context.site.sizes.drainSeconds + 15);
});

Deno.test("the unit lets every call have its three sockets", () => {
  const files = Number(/^LimitNOFILE=(\d+)$/m.exec(unit)![1]);
  assert.ok(files >= 3 * context.site.sizes.maxConnections + 1000);
});

Deno.test("every shard of a node may fill its heap before the unit is killed", () => {
  const limit = Number(/^MemoryMax=(\d+)M$/m.exec(unit)![1]);
  const heap = /^SHARD_HEAP_MB='(\d+)'$/m.exec(files.get("node1.env")!)![1];
  const heaps = context.site.sizes.shards * Number(heap);
  assert.ok(heaps > 0 && heaps + memoryMib(context.site) <= limit);
});

Deno.test("a node's settings are quoted lines without secrets", () => {
  const settings = files.get("node2.env")!;
  assert.match(settings, /^ESL_HOST='10\.0\.0\.22'$/m);
  assert.match(settings, /^ESL_ALLOW='10\.0\.0\.11\/32'$/m);
  assert.doesNotMatch(settings, /_KEY/);
});

testWithTool(
  ANALYZE,
  "systemd finds nothing wrong with the unit",
  async (command) => {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/vapi-cn@node1.service`;
      // The program must exist for the check, and it is looked for at its place.
      const own = unit.replace("/usr/local/bin/deno", Deno.execPath());
      await Deno.writeTextFile(path, own);
      const said = await runTool(command, ["verify", "--man=no", path]);
      assert.doesNotMatch(said, /vapi-cn@/);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);

testWithTool(
  ANALYZE,
  "systemd rates the unit's exposure as low",
  async (command) => {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/vapi-cn@node1.service`;
      await Deno.writeTextFile(path, unit);
      const args = ["security", "--offline=true", "--threshold=25", path];
      await runTool(command, args);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);
