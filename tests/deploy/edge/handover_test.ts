import assert from "node:assert/strict";
import {
  createFreeSwitch,
  type FreeSwitch,
} from "../../../src/simulator/freeswitch/free_switch.ts";
import type { SimulatedCall } from "../../../src/simulator/freeswitch/call_options.ts";
import { settle } from "../../support/fake_timers.ts";
import { SILENT_LOG } from "../../../src/telemetry/log.ts";
import { FakeClock } from "../../simulator/freeswitch/fixtures.ts";
import {
  executeCommand,
  ScriptedApplication,
  type ScriptedConnection,
} from "../../simulator/freeswitch/scripted_application.ts";
import { simulatedDialplan } from "./dialplan_walk.ts";

/** Begins with 0: the first list, whose first node is number 0. */
const UUID = "0b9f6c1e-2d5a-4c3b-9e8f-0123456789ab";
const DIGITS = "0123456789ab";

/** The shipped dialplan in a simulated FreeSWITCH, and nodes that a test plays. */
interface Edge extends AsyncDisposable {
  readonly machine: FreeSwitch;
  readonly nodes: readonly ScriptedApplication[];
  call(canary?: string): Promise<SimulatedCall>;
}

Deno.test("a call goes to the next node when one is not there, and needs no further round", async () => {
  await using edge = createEdge(3);
  edge.nodes[0].close();
  const call = await edge.call();
  const node = await take(edge.nodes[1], call);
  await node.ask(executeCommand("answer"));
  await call.answered;
  call.hangUp();
  assert.equal((await call.ended).cause, "NORMAL_CLEARING");
  assert.equal(socketsRun(await call.ended), 1);
});

Deno.test("a node that refuses gives the call to the next one, and the last reason ends it", async () => {
  await using edge = createEdge(3);
  const call = await edge.call();
  // Six rounds over three nodes.
  for (const round of [0, 1, 2, 0, 1, 2]) {
    await refuse(edge.nodes[round], call);
  }
  const outcome = await call.ended;
  assert.equal(outcome.cause, "NORMAL_CIRCUIT_CONGESTION");
  assert.equal(outcome.answered, false);
  assert.equal(socketsRun(outcome), 6);
});

Deno.test("an answered call lives on while one node after the other leaves or dies", async () => {
  await using edge = createEdge(3);
  const call = await edge.call();
  let node = await take(edge.nodes[0], call);
  await node.ask(executeCommand("answer"));
  await call.answered;
  // A whole rolling update of three nodes, and a death.
  for (const next of [1, 2, 0]) {
    node.close();
    node = await take(edge.nodes[next], call);
  }
  call.cutConnection();
  await take(edge.nodes[1], call);
  call.hangUp();
  const outcome = await call.ended;
  assert.equal(outcome.cause, "NORMAL_CLEARING");
  assert.equal(outcome.answered, true);
  assert.equal(socketsRun(outcome), 5);
});

Deno.test("a call that a node keeps in silence goes through the dialplan again, and another has it", async () => {
  const clock = new FakeClock();
  await using edge = createEdge(2, clock);
  const call = await edge.call();
  // FreeSWITCH's pause before it goes on with the next action.
  const paused = clock.nextTimerOf(20);
  (await take(edge.nodes[0], call)).close();
  await paused;
  clock.advance(20);
  await edge.nodes[1].accept();
  clock.advance(5000);
  await take(edge.nodes[0], call);
  clock.advance(60_000);
  call.hangUp();
  const outcome = await call.ended;
  assert.equal(outcome.cause, "NORMAL_CLEARING");
  assert.equal(socketsRun(outcome), 3);
});

Deno.test("a call whose node dies before it has accepted the connection is not lost", async () => {
  const clock = new FakeClock();
  await using edge = createEdge(2, clock);
  const call = await edge.call();
  // FreeSWITCH then keeps the call: nothing tells it to go on.
  (await edge.nodes[0].accept()).close();
  edge.nodes[0].close();
  // Its own end of the connection has to be seen first.
  await settle();
  clock.advance(5000);
  await take(edge.nodes[1], call);
  call.hangUp();
  assert.equal((await call.ended).cause, "NORMAL_CLEARING");
});

Deno.test("a call that all nodes keep in silence ends after 30 s", async () => {
  const clock = new FakeClock();
  await using edge = createEdge(1, clock);
  const call = await edge.call();
  for (let passedMs = 0; passedMs < 30_000; passedMs += 5000) {
    await edge.nodes[0].accept();
    clock.advance(5000);
  }
  const outcome = await call.ended;
  assert.equal(outcome.cause, "ALLOTTED_TIMEOUT");
  assert.equal(outcome.answered, false);
});

Deno.test("a call without any node ends at once with a cause for another route", async () => {
  await using edge = createEdge(2);
  for (const node of edge.nodes) node.close();
  const outcome = await (await edge.call()).ended;
  assert.equal(outcome.cause, "NORMAL_TEMPORARY_FAILURE");
  assert.equal(socketsRun(outcome), 6);
});

Deno.test("a canary that refuses costs the call nothing but a round", async () => {
  await using edge = createEdge(3);
  const [canary, , stable] = edge.nodes;
  const call = await edge.call(canary.address);
  await refuse(canary, call);
  await take(stable, call);
  call.hangUp();
  assert.equal(socketsRun(await call.ended), 2);
});

/** Nodes as the lists name them; a canary stands in no list but in front of the first one. */
function createEdge(count: number, clock?: FakeClock): Edge {
  const machine = createFreeSwitch({ clock, log: SILENT_LOG });
  const nodes = Array.from({ length: count }, () => new ScriptedApplication());
  const addresses = nodes.map(({ address }) => address);
  return {
    machine,
    nodes,
    async call(canary) {
      const listed = addresses.filter((address) => address !== canary);
      const variables = {
        ...listsOf(listed),
        vapi_canary: canary ?? "none",
        vapi_canary_pattern: canary === undefined ? "none" : "[0-9a-f].",
      };
      const walk = { calledNumber: "1000", uuid: UUID, variables };
      const dialplan = await simulatedDialplan(walk);
      const callerNumber = "13800138000";
      const { calledNumber, uuid } = walk;
      return machine.placeCall({ callerNumber, calledNumber, uuid, dialplan });
    },
    async [Symbol.asyncDispose]() {
      await machine.close();
      for (const node of nodes) closeOnce(node);
    },
  };
}

function closeOnce(node: ScriptedApplication) {
  try {
    node.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

function listsOf(nodes: readonly string[]): Record<string, string> {
  return Object.fromEntries([...DIGITS].map((digit, index) => {
    const first = index % nodes.length;
    const turned = [...nodes.slice(first), ...nodes.slice(0, first)];
    return [`vapi_nodes_${digit}`, turned.join("|")];
  }));
}

/** Takes the call as our nodes do: the guard is removed first. */
async function take(
  node: ScriptedApplication,
  call: SimulatedCall,
): Promise<ScriptedConnection> {
  const connection = await node.acceptCall();
  const deleted = await connection.ask(`api sched_del ${call.uuid}`);
  assert.match(deleted.body, /^\+OK Deleted: \d+\n$/);
  return connection;
}

/** Refuses the call as a full node does. */
async function refuse(node: ScriptedApplication, call: SimulatedCall) {
  const connection = await take(node, call);
  const cause = "vapi_cause=NORMAL_CIRCUIT_CONGESTION";
  await connection.ask(executeCommand("set", cause));
  await connection.event("CHANNEL_EXECUTE_COMPLETE");
  connection.close();
}

function socketsRun({ actionsRun }: { actionsRun: readonly string[] }): number {
  return actionsRun.filter((action) => action.startsWith("socket ")).length;
}
