import assert from "node:assert/strict";
import { createFreeSwitch } from "../../../src/simulator/freeswitch/free_switch.ts";
import { SILENT_LOG } from "../../../src/telemetry/log.ts";
import { testWithTools } from "../../support/debian_tool.ts";
import { type DeployRig, withDeploys } from "../../tools/deploy/deploy_rig.ts";
import { until } from "../edge/proxy_rig.ts";
import { REDIS } from "./cluster_tools.ts";
import { LocalCluster } from "./local_cluster.ts";
import { placeTalkingCall } from "./talking_caller.ts";

const NODES = ["node1", "node2", "node3"];
const CALLS = 40;
const PERCENT = 25;

testWithTools(
  [REDIS],
  "a canary of 25 percent gets 10 of 40 calls, and the next deploy brings it to all nodes",
  async () => {
    await withDeploys(async (rig) => {
      const cluster = new LocalCluster(rig);
      assert.match(
        await deploy(rig, "info", { canary: true, code: 2 }),
        /a canary needs a release beside it/,
      );
      await deploy(rig, "info");
      const said = await deploy(rig, "debug", { canary: true });
      assert.match(said, /runs on node1; the others run/);
      assert.match(said, /gives node1 25 % of the new calls/);
      const ports = await cluster.ports();
      const variables = await cluster.switchVariables();
      assert.equal(variables.vapi_canary, `127.0.0.1:${ports["node1:esl"]}`);
      const lists = Object.entries(variables).filter(([name]) =>
        name.startsWith("vapi_nodes_")
      );
      for (const [name, list] of lists) {
        assert.ok(!list.includes(variables.vapi_canary), name);
      }
      assert.deepEqual(await countCalls(cluster, variables), [10, 15, 15]);

      const rest = await deploy(rig, "debug");
      assert.match(rest, /node1: unchanged/);
      assert.match(rest, /node2: drains.*\n(.*\n)*.*node3: drains/);
      const after = await cluster.switchVariables();
      assert.equal(after.vapi_canary, "none");
      assert.equal(after.vapi_canary_pattern, "none");
      assert.equal(after.vapi_nodes_0.split("|").length, 3);
    });
  },
);

async function deploy(
  rig: DeployRig,
  level: string,
  { canary = false, code = 0 } = {},
): Promise<string> {
  const site = rig.site(`model: simulator
nodes: [${NODES.map((name) => `{name: ${name}, host: 127.0.0.1}`).join(", ")}]
sizes: {shards: 1, maxConnections: 60, drainSeconds: 0}
settings: {LOG_LEVEL: ${level}, OVERLOAD_DELAY_MS: 0, SHARD_TIMEOUT_MS: 10000}
`);
  const share = canary ? ["--canary", String(PERCENT)] : [];
  const only = ["--target", "local", "--only", "nodes,redis"];
  const result = await rig.deploy([...only, "--site", site, ...share]);
  assert.equal(result.code, code, result.said);
  return result.said;
}

/** Calls that each node gets of 40, whose UUIDs end evenly from 00 to ff and begin with each list in turn. */
async function countCalls(
  cluster: LocalCluster,
  variables: Readonly<Record<string, string>>,
): Promise<number[]> {
  const count = () =>
    Promise.all(NODES.map((node) => cluster.metric(node, "vapi_calls_total")));
  const before = await count();
  const machine = createFreeSwitch({ log: SILENT_LOG });
  try {
    const calls = await Promise.all(Array.from({ length: CALLS }, (_, i) => {
      const end = Math.floor(i * 256 / CALLS).toString(16).padStart(2, "0");
      const middle = crypto.randomUUID().slice(1, -2);
      const uuid = `${i % 2}${middle}${end}`;
      return placeTalkingCall(machine, { variables, uuid });
    }));
    await Promise.all(calls.map(({ answered }) => answered));
    for (const call of calls) call.hangUp();
    await Promise.all(calls.map(({ ended }) => ended));
    assert.deepEqual(machine.violations, []);
  } finally {
    await machine.close();
  }
  let after: number[] = [];
  await until(async () => {
    after = await count();
    const total = after.reduce((sum, each, i) => sum + each - before[i], 0);
    return total >= CALLS;
  }, "every call is counted");
  return after.map((each, i) => each - before[i]);
}
