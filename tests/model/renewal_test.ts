import assert from "node:assert/strict";
import type { SupplierBoard } from "../../src/model/supplier_board.ts";
import type { Utterance } from "../../src/shard/speech_model.ts";
import { until } from "../support/fake_timers.ts";
import { created, delta, done, speak } from "../support/model_events.ts";
import { type ModelRig, openRig } from "../support/model_rig.ts";
import { greet, type ScriptedPeer } from "../support/scripted_model.ts";

let opened = 0;
const board: SupplierBoard = {
  isAvailable: () => true,
  report: (_, outcome) => opened += outcome === "ok" ? 1 : 0,
};
/** With this limit a spare is opened at once, and nothing presses for 4.5 minutes. */
const DUE = { sessionLimitMs: 300_000, random: () => 0, board } as const;
/** With this one it presses from the start. */
const PRESSING = { ...DUE, sessionLimitMs: 30_000 } as const;

/** Accepts a spare, and waits until the client has seen it open. */
async function acceptSpare(rig: ModelRig): Promise<ScriptedPeer> {
  const before = opened;
  const spare = await rig.server.accept();
  await greet(spare);
  await until(() => opened > before);
  return spare;
}

/** Says that nobody speaks, as often as a session does. */
async function quiet(rig: ModelRig): Promise<void> {
  await until(() => {
    rig.model.quiet();
    return rig.heard.length > 0;
  });
}

Deno.test("a conversation near its limit makes way for a spare when nobody speaks", async () => {
  const history: Utterance[] = [];
  await using rig = await openRig({ ...DUE, history: () => history });
  const spare = await acceptSpare(rig);
  await speak(rig, "a");
  rig.peer.send(done("a"));
  await rig.hears(["responseEnded", "completed"]);
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("input_audio_buffer.append");
  history.push({ role: "caller", text: "remember this" });
  await quiet(rig);
  await rig.hears(["renewed"]);
  assert.equal(await rig.peer.closed, 1000);
  rig.model.appendAudio(Int16Array.of(2));
  assert.match(await spare.nextText(), /remember this/);
  assert.equal((await spare.next()).type, "input_audio_buffer.append");
  await greet(await rig.server.accept());
});

Deno.test("a conversation far from its limit has no spare", async () => {
  await using rig = await openRig();
  rig.model.quiet();
  await rig.hearsNothing();
  assert.equal(rig.server.requests, 1);
});

Deno.test("a response that a spare begins unasked is cancelled and never heard", async () => {
  await using rig = await openRig(DUE);
  const spare = await acceptSpare(rig);
  spare.send(created("x"));
  spare.send(delta("x"));
  assert.equal((await spare.next()).type, "response.cancel");
  await quiet(rig);
  await rig.hears(["renewed"]);
  spare.send(delta("x"));
  spare.send(done("x", "cancelled"));
  spare.send(created("y"));
  spare.send(done("y", "cancelled"));
  await rig.hears(["responseStarted"], ["responseEnded", "cancelled"]);
});

Deno.test("what the caller was saying is told of the old conversation before the new one serves", async () => {
  await using rig = await openRig(DUE);
  await acceptSpare(rig);
  rig.peer.send({
    type: "conversation.item.input_audio_transcription.delta",
    delta: "good",
  });
  await rig.hearsNothing();
  await quiet(rig);
  await rig.hears(["callerSaid", "good"], ["renewed"]);
});

Deno.test("a spare takes the place without silence when time presses", async () => {
  await using rig = await openRig(PRESSING);
  await acceptSpare(rig);
  await rig.hears(["renewed"]);
});

Deno.test("a response is not cut short by a spare, even when time presses", async () => {
  await using rig = await openRig(PRESSING);
  await speak(rig, "a");
  await acceptSpare(rig);
  await rig.hearsNothing();
  rig.peer.send(done("a"));
  await rig.hears(["responseEnded", "completed"], ["renewed"]);
});

Deno.test("an answer to a text is not lost to a spare, even when time presses", async () => {
  await using rig = await openRig(PRESSING);
  rig.model.sendText("keys");
  await rig.sends("conversation.item.create", "response.create");
  await acceptSpare(rig);
  await rig.hearsNothing();
  await speak(rig, "a");
  rig.peer.send(done("a"));
  await rig.hears(["responseEnded", "completed"], ["renewed"]);
});

/** The model calls a function in a response. */
async function callFunction(rig: ModelRig, id: string): Promise<void> {
  rig.peer.send(created(id));
  await rig.hears(["responseStarted"]);
  rig.peer.send({
    type: "response.function_call_arguments.done",
    response_id: id,
    call_id: `call ${id}`,
    name: "f",
    arguments: "{}",
  });
  await rig.hears(["functionCalled", `call ${id}`, "f", "{}"]);
}

for (const returns of ["before", "after"]) {
  Deno.test(`a function that returns ${returns} its response is over is answered by the model that called it, even when time presses`, async () => {
    await using rig = await openRig(PRESSING);
    await callFunction(rig, "a");
    await acceptSpare(rig);
    if (returns === "before") rig.model.answerFunction("call a", "42");
    rig.peer.send(done("a"));
    await rig.hears(["responseEnded", "completed"]);
    if (returns === "after") rig.model.answerFunction("call a", "42");
    await rig.sends("conversation.item.create", "response.create");
    await rig.hearsNothing();
    await speak(rig, "b");
    rig.peer.send(done("b"));
    await rig.hears(["responseEnded", "completed"], ["renewed"]);
  });
}

Deno.test("a spare serves at once when the running conversation is lost", async () => {
  await using rig = await openRig(DUE);
  const spare = await acceptSpare(rig);
  await speak(rig, "a");
  rig.peer.close();
  await rig.hears(["responseEnded", "failed"], ["lost", "closed"]);
  await rig.hears(["regained", "stepfun", 0]);
  rig.model.sendText("go on");
  assert.match(await spare.nextText(), /go on/);
});

Deno.test("another spare is opened when one is refused, and when one is lost", async () => {
  await using rig = await openRig(DUE, {
    refuse: (n) => n === 1 ? 503 : undefined,
  });
  const lost = await acceptSpare(rig);
  lost.close();
  const spare = await acceptSpare(rig);
  await quiet(rig);
  await rig.hears(["renewed"]);
  rig.model.sendText("hello");
  assert.match(await spare.nextText(), /hello/);
});

Deno.test("close takes the spare with it, open or not", async () => {
  for (const isOpen of [true, false]) {
    await using rig = await openRig(DUE);
    const spare = await rig.server.accept();
    if (isOpen) await greet(spare);
    rig.model.close();
    await spare.closed;
    await rig.hears(["closed"]);
    assert.equal(rig.heard.length, 0);
  }
});
