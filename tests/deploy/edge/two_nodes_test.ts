import assert from "node:assert/strict";
import {
  createFreeSwitch,
  type FreeSwitch,
} from "../../../src/simulator/freeswitch/free_switch.ts";
import type { SimulatedCall } from "../../../src/simulator/freeswitch/call_options.ts";
import { startStepFun } from "../../../src/simulator/stepfun/start_stepfun.ts";
import { SILENT_LOG } from "../../../src/telemetry/log.ts";
import {
  type LogLine,
  type ServerProcess,
  startServer,
} from "../../../tools/server_process.ts";
import { simulatedDialplan } from "./dialplan_walk.ts";
import { until } from "./proxy_rig.ts";

const CALLED_NUMBER = "4001234567";

/** Two real nodes behind the shipped dialplan. */
interface TwoNodes {
  readonly nodes: readonly Node[];
  /** A call that asks the nodes in their order. */
  call(): Promise<SimulatedCall>;
}

/** A server and what it has logged. */
interface Node {
  readonly server: ServerProcess;
  readonly logs: readonly LogLine[];
}

Deno.test("a call whose node is killed goes on at the other one, by the shipped dialplan", async () => {
  await withTwoNodes({}, async ({ nodes: [first, second], call }) => {
    const placed = await call();
    await logged(first, "The call has audio", placed.uuid);
    first.server.kill("SIGKILL");
    await logged(second, "The call has audio", placed.uuid);
    placed.hangUp();
    const outcome = await placed.ended;
    assert.equal(outcome.cause, "NORMAL_CLEARING");
    assert.ok(outcome.answered);
  });
});

Deno.test("a call that the first node has no place for is answered by the second, by the shipped dialplan", async () => {
  const environment = { MAX_CONNECTIONS: "1" };
  await withTwoNodes(environment, async ({ nodes: [first, second], call }) => {
    const one = await call();
    await logged(first, "The call has audio", one.uuid);
    const two = await call();
    await logged(second, "The call has audio", two.uuid);
    const none = await (await call()).ended;
    assert.equal(none.cause, "NORMAL_CIRCUIT_CONGESTION");
    assert.equal(none.answered, false);
    for (const placed of [one, two]) {
      placed.hangUp();
      assert.equal((await placed.ended).cause, "NORMAL_CLEARING");
    }
  });
});

async function withTwoNodes(
  environment: Readonly<Record<string, string>>,
  body: (rig: TwoNodes) => Promise<void>,
): Promise<void> {
  const stepFun = startStepFun({ mode: "parrot" });
  const freeSwitch = createFreeSwitch({ log: SILENT_LOG });
  const nodes: Node[] = [];
  try {
    for (const _ of [1, 2]) {
      nodes.push(await startNode({ STEPFUN_URL: stepFun.url, ...environment }));
    }
    const call = () => placeCall(freeSwitch, nodes);
    await body({ nodes, call });
    assert.deepEqual(freeSwitch.violations, []);
  } finally {
    await freeSwitch.close();
    for (const { server } of nodes) await server.stop();
    await stepFun.close();
  }
}

async function startNode(
  environment: Readonly<Record<string, string>>,
): Promise<Node> {
  const logs: LogLine[] = [];
  const server = await startServer({
    environment: { SHARDS: "1", DRAIN_SECONDS: "0", ...environment },
    onLog: (line) => logs.push(line),
    onError: (line) => console.error(line),
  });
  return { server, logs };
}

async function placeCall(
  freeSwitch: FreeSwitch,
  nodes: readonly Node[],
): Promise<SimulatedCall> {
  const [first, second] = nodes.map(({ server }) =>
    `127.0.0.1:${server.eslPort}`
  );
  const lists = [`${first}|${second}`, `${second}|${first}`];
  const variables = Object.fromEntries(
    [..."0123456789ab"].map((digit, index) => [
      `vapi_nodes_${digit}`,
      lists[index % 2],
    ]),
  );
  // Begins with 0: the first list.
  const uuid = `0${crypto.randomUUID().slice(1)}`;
  return freeSwitch.placeCall({
    callerNumber: "13800138000",
    calledNumber: CALLED_NUMBER,
    uuid,
    dialplan: await simulatedDialplan({
      calledNumber: CALLED_NUMBER,
      uuid,
      variables,
    }),
  });
}

function logged(node: Node, message: string, callId: string): Promise<void> {
  return until(
    () =>
      Promise.resolve(
        node.logs.some((line) =>
          line.message === message && line.callId === callId
        ),
      ),
    `${message} (${callId})`,
  );
}
