import assert from "node:assert/strict";
import type { FunctionOutcome } from "../../src/router/call_functions.ts";
import type { AfterFunction, ToShard } from "../../src/shard/protocol.ts";
import { CallRig } from "../support/call_rig.ts";
import { settle } from "../support/fake_timers.ts";

const SENT: AfterFunction = { do: "transfer", to: "8001" };
const TRANSFER: FunctionOutcome = {
  result: "ok",
  output: "say so",
  after: SENT,
};

/** A call that talks, and whose model has called a function that returns so. */
async function called(outcome: FunctionOutcome): Promise<CallRig> {
  const rig = new CallRig();
  rig.runFunction = () => Promise.resolve(outcome);
  await rig.talk();
  await call(rig, "c1");
  return rig;
}

async function call(rig: CallRig, id: string): Promise<void> {
  const made = { id, name: "look_up", arguments: "{}" };
  rig.worker.say({ type: "function", callId: "call", call: made });
  await settle();
}

function answers({ worker }: CallRig) {
  return worker.posted.flatMap((message: ToShard) =>
    message.type === "function_answer" ? [message.answer] : []
  );
}

/** The session's last words were heard. */
function finish({ worker }: CallRig, after: AfterFunction): void {
  const reason = { by: "function", after } as const;
  worker.say({ type: "finished", callId: "call", reason });
}

Deno.test("a function is run with what it needs to know, and its session told what it returned", async () => {
  using rig = new CallRig();
  rig.runFunction = (request) =>
    Promise.resolve({ result: "ok", output: JSON.stringify(request) });
  await rig.talk();
  await call(rig, "c1");
  const [{ id, output, after }] = answers(rig);
  assert.equal(id, "c1");
  assert.equal(after, undefined);
  assert.partialDeepStrictEqual(JSON.parse(output), {
    channel: { uuid: "call" },
    assistantId: "default",
    call: { id: "c1", name: "look_up", arguments: "{}" },
    mayTransfer: true,
  });
  // Whoever goes on with the call meanwhile owes an answer.
  assert.deepEqual(rig.told.slice(-2), ["function", "look_up ok"]);
});

Deno.test("a function that nobody knows is counted without the name that the model gave it", async () => {
  using rig = await called({ result: "unknown", output: "none" });
  assert.ok(rig.told.includes("unknown unknown"));
});

Deno.test("a caller is transferred when the session is done, kept first, and left", async () => {
  using rig = await called(TRANSFER);
  assert.deepEqual(answers(rig)[0].after, SENT);
  assert.ok(!rig.control.told.includes("transfer 8001"));
  finish(rig, SENT);
  await settle();
  assert.deepEqual(rig.report?.end, { by: "transfer", to: "8001" });
  assert.deepEqual(rig.control.told.slice(3), ["transfer 8001", "leave"]);
  assert.ok(rig.told.includes("parting by transfer"));
  assert.equal(rig.rings.lent, 0);
  assert.equal(rig.timers.pending, 0);
});

Deno.test("a caller whom FreeSWITCH cannot transfer is left to the dialplan, and told", async () => {
  using rig = await called(TRANSFER);
  rig.control.outcomes.transfer = () => Promise.reject(new Error("-ERR"));
  finish(rig, SENT);
  await settle();
  assert.deepEqual(rig.control.told.slice(3), [
    "transfer 8001",
    "setVariable vapi_transfer=refused",
    "leave",
  ]);
});

Deno.test("an assistant that hangs up does so when the session is done, with the statistics", async () => {
  const after = { do: "hang_up" } as const;
  using rig = await called({ result: "ok", output: "bye", after });
  assert.deepEqual(answers(rig)[0].after, after);
  finish(rig, after);
  await settle();
  rig.control.says.statistics({});
  await settle();
  assert.deepEqual(rig.report?.end, { by: "assistant" });
  assert.deepEqual(rig.control.told.slice(3), [
    "hangUp NORMAL_CLEARING",
    "leave",
  ]);
});

Deno.test("a line that cannot be transferred is told to the function, and refused to the operator", async () => {
  using rig = new CallRig((leg) => leg, { transferable: false });
  const may: boolean[] = [];
  rig.runFunction = ({ mayTransfer }) => {
    may.push(mayTransfer);
    return Promise.resolve({ result: "failed", output: "" });
  };
  await rig.talk();
  await call(rig, "c1");
  assert.deepEqual(may, [false]);
  assert.equal(rig.call.transfer("8001"), false);
});

Deno.test("a function that runs is stopped with its call, and nobody is told what it returned", async () => {
  using rig = new CallRig();
  let stopped = false;
  const { promise, resolve } = Promise.withResolvers<FunctionOutcome>();
  rig.runFunction = (_, signal) => {
    signal.addEventListener("abort", () => {
      stopped = true;
      resolve(TRANSFER);
    });
    return promise;
  };
  await rig.talk();
  await call(rig, "c1");
  rig.control.says.hungUp("NORMAL_CLEARING");
  await rig.timers.pass(2000);
  assert.ok(stopped);
  assert.deepEqual(answers(rig), []);
  assert.equal(rig.report?.end.by, "hangup");
});

Deno.test("more than four functions at once, or two hundred in a call, are not run", async () => {
  using rig = new CallRig();
  await rig.talk();
  for (let i = 1; i <= 5; i++) await call(rig, `c${i}`);
  assert.deepEqual(answers(rig), [
    { id: "c5", output: '{"error":"too many function calls"}' },
  ]);
  using busy = new CallRig();
  busy.runFunction = () => Promise.resolve({ result: "ok", output: "" });
  await busy.talk();
  for (let i = 1; i <= 201; i++) await call(busy, `c${i}`);
  assert.equal(answers(busy).filter(({ output }) => output === "").length, 200);
});

Deno.test("a shard that is lost while a transfer is announced does not keep the caller, one that is lost later does", async () => {
  for (const passedMs of [0, 20_000]) {
    using rig = await called(TRANSFER);
    await rig.timers.pass(passedMs);
    rig.link = undefined;
    rig.worker.crash("out of memory");
    await settle();
    const isSent = rig.control.told.includes("transfer 8001");
    assert.equal(isSent, passedMs === 0);
  }
});

Deno.test("a call that is transferred between its request for audio and the first frame waits for that", async () => {
  using rig = new CallRig();
  await rig.run();
  rig.worker.say({ type: "opened", callId: "call" });
  await settle();
  rig.call.transfer("8001");
  await settle();
  assert.equal(rig.control.told.at(-1), "startUnicast 127.0.0.1:40000");
  rig.leg.first.resolve();
  await settle();
  assert.deepEqual(rig.control.told.slice(-2), ["transfer 8001", "leave"]);
});

Deno.test("a shard that is lost while a function runs is not told, and the next one asks anew", async () => {
  using rig = new CallRig();
  const { promise, resolve } = Promise.withResolvers<FunctionOutcome>();
  rig.runFunction = () => promise;
  await rig.talk();
  await call(rig, "c1");
  rig.link = undefined;
  rig.worker.crash("out of memory");
  resolve(TRANSFER);
  await settle();
  assert.deepEqual(answers(rig), []);
});
