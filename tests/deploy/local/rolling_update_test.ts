import assert from "node:assert/strict";
import {
  createFreeSwitch,
  type FreeSwitch,
} from "../../../src/simulator/freeswitch/free_switch.ts";
import { readSamples } from "../../../src/simulator/freeswitch/caller_voice.ts";
import { SILENT_LOG } from "../../../src/telemetry/log.ts";
import { isFree } from "../../../tools/deploy/local/ports.ts";
import { testWithTools } from "../../support/debian_tool.ts";
import { type DeployRig, withDeploys } from "../../tools/deploy/deploy_rig.ts";
import { isAlive } from "../../tools/deploy/is_alive.ts";
import { until } from "../edge/proxy_rig.ts";
import { readPanelQueries } from "../watch/watch_files.ts";
import { LocalCluster } from "./local_cluster.ts";
import { placeTalkingCall, type TalkingCaller } from "./talking_caller.ts";
import { CLUSTER_TOOLS } from "./cluster_tools.ts";

const NODES = ["node1", "node2", "node3"];
const CALLS = 30;
const RATE_HZ = 8000;
const SPEECH = new URL("../../../assets/speech_8k.wav", import.meta.url);
/** A third of a second of sound is an answer. */
const ANSWER_FRAMES = 17;

function siteText(more: string): string {
  return `model: simulator
nodes:
${NODES.map((name) => `  - {name: ${name}, host: 127.0.0.1}`).join("\n")}
sizes: {shards: 1, maxConnections: 60, drainSeconds: 1}
local: {watchSeconds: 1}
settings:
  # Nobody speaks during the update, and the machine also carries the callers.
  CALLER_SILENCE_SECONDS: 0
  OVERLOAD_DELAY_MS: 0
  SHARD_TIMEOUT_MS: 10000
  ${more}
`;
}

testWithTools(
  CLUSTER_TOOLS,
  "a rolling update of three nodes loses none of 30 calls, a node that stops is told of, and nothing is left behind",
  async () => {
    await withDeploys(async (rig) => {
      const cluster = new LocalCluster(rig);
      await deploy(rig, "LOG_LEVEL: info");
      const machine = createFreeSwitch({ log: SILENT_LOG });
      try {
        const calls = await placeCalls(cluster, machine);
        await deploy(rig, "LOG_LEVEL: debug");
        await goesOn(cluster, calls);
        await endCalls(cluster, calls);
        assert.deepEqual(machine.violations, []);
      } finally {
        await machine.close();
      }
      await answersGrafana(cluster);
      await tellsOfStoppedNode(cluster);
      await leavesNothing(rig, cluster);
    });
  },
);

async function deploy(rig: DeployRig, setting: string): Promise<void> {
  const site = rig.site(siteText(setting));
  const { code, said } = await rig.deploy([
    ...["--target", "local", "--site", site],
  ]);
  assert.equal(code, 0, said);
  for (const node of NODES) {
    assert.match(said, new RegExp(`${node}: a call through it heard sound`));
  }
}

/** Calls that have an answer and have been greeted, at all nodes. */
async function placeCalls(
  cluster: LocalCluster,
  machine: FreeSwitch,
): Promise<TalkingCaller[]> {
  const variables = await cluster.switchVariables();
  const calls = await Promise.all(Array.from({ length: CALLS }, (_, i) => {
    // The first digit chooses the list: the nodes get ten calls each.
    const uuid = `${i % NODES.length}${crypto.randomUUID().slice(1)}`;
    return placeTalkingCall(machine, { variables, uuid });
  }));
  await haveHeard(calls, ANSWER_FRAMES, "every caller is greeted");
  for (const node of NODES) {
    assert.equal(await cluster.metric(node, "vapi_active_calls"), 10, node);
  }
  return calls;
}

/** Nobody was hung up, each call was taken over, and each caller who says something gets an answer. */
async function goesOn(
  cluster: LocalCluster,
  calls: readonly TalkingCaller[],
): Promise<void> {
  assertAllUp(calls);
  const left = (await cluster.logs(NODES)).filter((line) => isLeft(line));
  assert.deepEqual(
    [...new Set(left.map(({ callId }) => callId))].toSorted(),
    calls.map(({ uuid }) => uuid).toSorted(),
  );
  const resumed = () =>
    sum(cluster, "vapi_calls_resumed_total", 'after="node"');
  await until(
    // A call leaves no new process, and so was taken over by one of them once.
    async () => await resumed() === CALLS,
    "every call is resumed after its node",
  );
  assert.equal(await sum(cluster, "vapi_active_calls"), CALLS);
  const speech = await readSamples(await Deno.readFile(SPEECH), RATE_HZ);
  const before = new Map(calls.map((call) => [call, call.heard()]));
  for (const call of calls) call.say(speech);
  await until(
    () =>
      Promise.resolve(
        calls.every((call) =>
          call.heard() >= before.get(call)! + ANSWER_FRAMES
        ),
      ),
    "every caller gets an answer after the update",
  );
  assertAllUp(calls);
}

/** A node that is gone cannot be asked for vapi_calls_handed_over_total; its log stays. */
function isLeft(line: Record<string, unknown>): boolean {
  const { by } = (line.end ?? {}) as { by?: string };
  return line.message === "The call has ended" && by === "drain";
}

async function endCalls(
  cluster: LocalCluster,
  calls: readonly TalkingCaller[],
): Promise<void> {
  for (const call of calls) call.hangUp();
  for (
    const { cause, answered } of await Promise.all(
      calls.map((each) => each.ended),
    )
  ) {
    assert.deepEqual([cause, answered], ["NORMAL_CLEARING", true]);
  }
  await until(
    async () => await sum(cluster, "vapi_active_calls") === 0,
    "every place is free again",
  );
}

function assertAllUp(calls: readonly TalkingCaller[]): void {
  const over = calls.flatMap((call) => call.outcome() ?? []);
  assert.deepEqual(over, []);
}

async function haveHeard(
  calls: readonly TalkingCaller[],
  frames: number,
  what: string,
): Promise<void> {
  await until(() => {
    assertAllUp(calls);
    return Promise.resolve(calls.every((call) => call.heard() >= frames));
  }, what);
}

async function sum(
  cluster: LocalCluster,
  name: string,
  labels = "",
): Promise<number> {
  const all = await Promise.all(
    NODES.map((node) => cluster.metric(node, name, labels)),
  );
  return all.reduce((total, each) => total + each, 0);
}

async function answersGrafana(cluster: LocalCluster): Promise<void> {
  const url = await cluster.url("prometheus");
  const ask = async (expr: string): Promise<unknown[]> => {
    const query = `query?query=${encodeURIComponent(expr)}`;
    const response = await fetch(`${url}/api/v1/${query}`);
    const { status, data, error } = await response.json();
    assert.equal(status, "success", `${expr}: ${error}`);
    return data.result;
  };
  // The calls were seen at the nodes that took them over.
  await until(
    async () =>
      (await ask(`sum(vapi_calls_resumed_total{after="node"}) == ${CALLS}`))
        .length > 0,
    "Prometheus has seen the calls that were taken over",
  );
  const queries = readPanelQueries();
  assert.ok(queries.length > 25);
  for (const { expr } of queries) await ask(expr);
}

async function tellsOfStoppedNode(cluster: LocalCluster): Promise<void> {
  const instance = (await cluster.url("node3")).replace("http://", "");
  await cluster.supervisor.want("node3", undefined);
  const prometheus = await cluster.url("prometheus");
  await until(async () => {
    const response = await fetch(`${prometheus}/api/v1/alerts`);
    const { data } = await response.json();
    return data.alerts.some((
      { state, labels }: { state: string; labels: Record<string, string> },
    ) =>
      state === "firing" && labels.alertname === "NodeDown" &&
      labels.instance === instance
    );
  }, "NodeDown fires in Prometheus");
  const alertmanager = await cluster.url("alertmanager");
  await until(async () => {
    const response = await fetch(`${alertmanager}/api/v2/alerts`);
    const alerts: { labels: Record<string, string> }[] = await response.json();
    return alerts.some(({ labels }) =>
      labels.alertname === "NodeDown" && labels.instance === instance
    );
  }, "NodeDown is in Alertmanager");
  // nginx passes over the node that is not there.
  const nginx = await cluster.url("nginx");
  for (const _ of NODES) {
    const response = await fetch(`${nginx}/ready`);
    await response.body?.cancel();
    assert.equal(response.status, 200);
  }
}

async function leavesNothing(
  rig: DeployRig,
  cluster: LocalCluster,
): Promise<void> {
  const { pid, processes } = await cluster.status();
  const pids = Object.values(processes).flatMap((each) => each.pid ?? []);
  assert.equal(pids.length, 7);
  const ports = Object.values(await cluster.ports());
  const { code, said } = await rig.deploy(["--target", "local", "--down"]);
  assert.equal(code, 0, said);
  for (const each of [pid, ...pids]) {
    assert.equal(await isAlive(each), false, `${each} runs`);
  }
  for (const port of ports) assert.ok(isFree(port), `${port} is taken`);
}
