import assert from "node:assert/strict";
import {
  askPrompt,
  resumePrompt,
  takeLeavePrompt,
  unheardPrompt,
} from "../../src/shard/prompts.ts";
import { ModelError } from "../../src/shard/speech_model.ts";
import { SessionRig } from "../support/session_rig.ts";

const ABANDON = "abandon timeout";
const LOUD = 3000;

/** A session whose model is there, and gives its conversation up when it is told to. */
async function openRig(callerSilenceMs = 0): Promise<SessionRig> {
  const rig = await SessionRig.talking({ callerSilenceMs });
  rig.model.abandon = (failure) => {
    rig.model.told.push(`abandon ${failure.kind}`);
    rig.model.says.lost(failure);
  };
  await rig.line(500, 0);
  return rig;
}

/** The caller says something, and waits. */
async function say(rig: SessionRig, waitMs = 2000): Promise<void> {
  await rig.line(1200, LOUD);
  await rig.line(waitMs, 0);
}

Deno.test("a model that notices nothing of two utterances is asked for a sign, and given up without one", async () => {
  using rig = await openRig();
  await say(rig);
  assert.deepEqual(rig.model.told, []);
  await say(rig);
  assert.deepEqual(rig.model.told, [unheardPrompt()]);
  await rig.line(5000, 0);
  assert.deepEqual(rig.model.told, [unheardPrompt(), ABANDON]);
  const supplier = "qwen";
  rig.model.says.regained({ supplier, model: "m", gapMs: 300, attempts: 1 });
  await rig.timers.pass(0);
  assert.equal(rig.model.told.at(-1), resumePrompt("answer"));
});

Deno.test("a model that gives the sign is kept, and not asked again before it has noticed something", async () => {
  using rig = await openRig();
  await say(rig);
  await say(rig);
  rig.respond(20);
  rig.model.says.responseEnded("completed");
  await rig.line(1000, 0);
  for (let i = 0; i < 10; i++) await say(rig);
  assert.deepEqual(rig.model.told, [unheardPrompt()]);
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.respond(20);
  rig.model.says.responseEnded("completed");
  await rig.line(1000, 0);
  await say(rig);
  await say(rig);
  assert.deepEqual(rig.model.told, [unheardPrompt(), unheardPrompt()]);
});

Deno.test("a television in an empty room makes the assistant say so once, and does not hold the line", async () => {
  using rig = await openRig(10_000);
  rig.model.sendText = (text) => {
    rig.model.told.push(text);
    queueMicrotask(() => {
      rig.respond(20);
      rig.model.says.responseEnded("completed");
    });
  };
  for (let i = 0; i < 10; i++) await say(rig);
  assert.deepEqual(rig.model.told, [
    unheardPrompt(),
    askPrompt(),
    takeLeavePrompt(),
  ]);
  assert.ok(rig.types.includes("finished"));
});

Deno.test("a model that notices what is said is never asked, however late it does", async () => {
  using rig = await openRig();
  for (let i = 0; i < 5; i++) {
    await rig.line(1200, LOUD);
    await rig.line(600, 0);
    rig.model.says.speechStarted();
    rig.model.says.speechStopped();
    await rig.line(1400, 0);
    rig.respond(20);
    rig.model.says.responseEnded("completed");
    await rig.line(1000, 0);
  }
  assert.deepEqual(rig.model.told, []);
});

Deno.test("a single utterance that is not noticed, and noise, cost no model anything", async () => {
  using rig = await openRig();
  await say(rig, 10_000);
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.respond(20);
  rig.model.says.responseEnded("completed");
  await rig.line(2000, 0);
  await say(rig, 10_000);
  await rig.line(20_000, LOUD);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("what is said while the assistant speaks is not judged", async () => {
  using rig = await openRig();
  rig.respond(2000);
  for (let i = 0; i < 5; i++) await say(rig);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("a model that notices a beginning and no end, on a quiet line, is asked for a sign", async () => {
  using rig = await openRig();
  rig.model.says.speechStarted();
  await rig.line(1200, LOUD);
  await rig.line(4800, 0);
  assert.deepEqual(rig.model.told, []);
  await rig.line(1000, 0);
  assert.deepEqual(rig.model.told, [unheardPrompt()]);
  await rig.line(5200, 0);
  assert.equal(rig.model.told.at(-1), ABANDON);
});

Deno.test("the quiet before a beginning that a model notices is not its end", async () => {
  using rig = await openRig();
  await rig.line(30_000, 0);
  rig.model.says.speechStarted();
  await rig.line(4500, 0);
  assert.deepEqual(rig.model.told, []);
  rig.model.says.speechStopped();
  rig.respond(20);
  rig.model.says.responseEnded("completed");
  await rig.line(2000, 0);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("a model that hears music for speech is kept", async () => {
  using rig = await openRig();
  rig.model.says.speechStarted();
  await rig.line(55_000, LOUD);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("a line on hold makes no model doubtful", async () => {
  using rig = await openRig(2000);
  rig.model.says.speechStarted();
  rig.session.hold(true);
  for (let i = 0; i < 5; i++) await say(rig, 5000);
  assert.deepEqual(rig.model.told, []);
  rig.session.hold(false);
  rig.model.says.speechStopped();
  rig.respond(20);
  rig.model.says.responseEnded("completed");
  await rig.line(4000, 0);
  assert.deepEqual(rig.model.told, [askPrompt()]);
});

Deno.test("what was said while the model was away is one utterance to the next one, however much it was", async () => {
  using rig = await openRig();
  rig.model.says.lost(new ModelError("closed", "gone"));
  await say(rig);
  await say(rig);
  await say(rig);
  const supplier = "qwen";
  rig.model.says.regained({ supplier, model: "m", gapMs: 300, attempts: 1 });
  await rig.line(1000, 0);
  assert.ok(!rig.model.told.includes(unheardPrompt()));
});
