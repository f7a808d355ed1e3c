import assert from "node:assert/strict";
import {
  askPrompt,
  greetingPrompt,
  resumePrompt,
} from "../../src/shard/prompts.ts";
import { ModelError } from "../../src/shard/speech_model.ts";
import { SessionRig } from "../support/session_rig.ts";

const LOOKS_A_SECOND = 10;
const FRAMES_A_SECOND = 50;
const ABANDON = "abandon timeout";

function regained(rig: SessionRig): Promise<void> {
  const supplier = "stepfun";
  rig.model.says.regained({ supplier, model: "m", gapMs: 800, attempts: 2 });
  return rig.timers.pass(0);
}

/** Time passes in which nobody says anything. */
async function wait(rig: SessionRig, seconds: number): Promise<void> {
  for (let i = 0; i < seconds * LOOKS_A_SECOND; i++) {
    await rig.timers.pass(1000 / LOOKS_A_SECOND);
    for (let frame = 0; frame < FRAMES_A_SECOND / LOOKS_A_SECOND; frame++) {
      rig.take();
    }
    rig.look();
  }
}

/** Waits until the model is given up; tells after how many whole seconds. */
async function secondsToAbandon(rig: SessionRig): Promise<number> {
  for (let seconds = 1; seconds <= 100; seconds++) {
    await wait(rig, 1);
    if (rig.model.told.includes(ABANDON)) return seconds;
  }
  return Infinity;
}

Deno.test("a model that goes mute in the middle of an answer is given up, and the rest is owed", async () => {
  using rig = await SessionRig.talking();
  rig.model.abandon = (failure) => {
    rig.model.told.push(`abandon ${failure.kind}`);
    rig.model.says.responseEnded("failed");
    rig.model.says.lost(failure);
  };
  rig.respond(20);
  assert.equal(await secondsToAbandon(rig), 5);
  await regained(rig);
  assert.deepEqual(rig.model.told, [ABANDON, resumePrompt("rest")]);
});

Deno.test("an answer that pauses and goes on is not given up", async () => {
  using rig = await SessionRig.talking();
  rig.respond(20);
  for (let i = 0; i < 4; i++) {
    await wait(rig, 3);
    rig.model.says.audio(new Int16Array(20 * 160));
  }
  assert.deepEqual(rig.model.told, []);
});

Deno.test("an answer that is being heard is not given up, however long it takes", async () => {
  using rig = await SessionRig.talking();
  rig.respond(20 * FRAMES_A_SECOND);
  await rig.play(20 * FRAMES_A_SECOND);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("an answer that was said whole is not given up, even when nobody tells that it is over", async () => {
  using rig = await SessionRig.talking({ callerSilenceMs: 10_000 });
  rig.respond(20);
  rig.model.says.audioEnded();
  await wait(rig, 9);
  assert.deepEqual(rig.model.told, []);
  await wait(rig, 3);
  assert.deepEqual(rig.model.told, [askPrompt()]);
});

Deno.test("a tail that waits for an end that nobody tells does not keep the caller from being asked", async () => {
  using rig = await SessionRig.talking({ callerSilenceMs: 10_000 });
  rig.respond(10);
  await rig.play(14);
  rig.model.says.audio(new Int16Array(160 * 2).fill(7));
  rig.model.says.audioEnded();
  await wait(rig, 14);
  assert.deepEqual(rig.model.told, [askPrompt()]);
});

Deno.test("a greeting that begins and is never heard is asked of another conversation", async () => {
  using rig = await SessionRig.talking({ greeting: "您好" });
  rig.model.says.responseStarted();
  assert.equal(await secondsToAbandon(rig), 16);
  await regained(rig);
  const greeting = greetingPrompt("您好");
  assert.deepEqual(rig.model.told, [greeting, ABANDON, greeting]);
});

for (const [pieceMs, pieces] of [[20, 2], [135, 1], [135, 10]]) {
  Deno.test(`a model that goes mute after ${pieces} pieces of ${pieceMs} ms is given up, whatever is left of a frame`, async () => {
    using rig = await SessionRig.talking();
    rig.model.says.responseStarted();
    for (let i = 0; i < pieces; i++) {
      rig.model.says.audio(new Int16Array(8 * pieceMs).fill(5));
    }
    await wait(rig, 7);
    assert.ok(rig.model.told.includes(ABANDON));
  });
}

Deno.test("a model that answers no greeting is given up", async () => {
  using rig = await SessionRig.talking({ greeting: "您好" });
  assert.equal(await secondsToAbandon(rig), 9);
});

Deno.test("a caller whose speech never ends for the model is asked in the end, and the model is kept", async () => {
  using rig = await SessionRig.talking({ callerSilenceMs: 30_000 });
  rig.model.says.speechStarted();
  await wait(rig, 85);
  assert.deepEqual(rig.model.told, []);
  await wait(rig, 10);
  assert.deepEqual(rig.model.told, [askPrompt()]);
});

Deno.test("an answer that is heard is not given up, although nobody told that the caller had stopped", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  await rig.line(500, 0);
  rig.respond(70 * FRAMES_A_SECOND);
  await wait(rig, 66);
  assert.deepEqual(rig.model.told, []);
});

/** The model ends a response in which nothing was to be heard. */
function respondSilently(
  rig: SessionRig,
  status: "completed" | "failed" | "incomplete",
  words?: string,
): void {
  rig.model.says.responseStarted();
  if (words !== undefined) rig.model.says.assistantSaid(words);
  rig.model.says.responseEnded(status);
}

Deno.test("a model that answers in words without a sound is given up at once, and the words do not count as said", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  respondSilently(rig, "completed", "您的余额是一百元");
  await wait(rig, 1);
  assert.deepEqual(rig.model.told, [ABANDON]);
  assert.deepEqual(rig.model.history, []);
  assert.match(JSON.stringify(rig.facts[0]), /complaint.*without sound/);
});

Deno.test("a call whose models all answer without a sound is failed soon", async () => {
  using rig = await SessionRig.talking({ greeting: "您好" });
  for (let i = 0; i < 3; i++) {
    respondSilently(rig, "completed", "您好");
    await wait(rig, 1);
    await regained(rig);
  }
  assert.ok(rig.types.includes("failed"));
});

for (const status of ["failed", "incomplete", "completed"] as const) {
  Deno.test(`an answer that is ${status} without a sound is asked for again, and then of another conversation`, async () => {
    using rig = await SessionRig.talking();
    rig.model.says.speechStopped();
    respondSilently(rig, status);
    await wait(rig, 1);
    assert.deepEqual(rig.model.told, [resumePrompt("answer")]);
    respondSilently(rig, status);
    await wait(rig, 1);
    assert.deepEqual(rig.model.told, [resumePrompt("answer"), ABANDON]);
  });
}

Deno.test("a greeting that fails is asked for again", async () => {
  using rig = await SessionRig.talking({ greeting: "您好" });
  respondSilently(rig, "failed");
  await wait(rig, 1);
  const greeting = greetingPrompt("您好");
  assert.deepEqual(rig.model.told, [greeting, greeting]);
  rig.respond(5);
  rig.model.says.responseEnded("completed");
  await wait(rig, 5);
  assert.equal(rig.model.told.length, 2);
});

Deno.test("an answer without a sound whose place another one takes, or that calls a function, is not asked for again", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  respondSilently(rig, "incomplete");
  rig.model.says.responseStarted();
  await wait(rig, 3);
  rig.model.callFunction({ id: "c1", name: "f", arguments: "{}" });
  rig.model.says.responseEnded("completed");
  await wait(rig, 5);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("time in which the machine stood still is not time in which the model was silent", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  await wait(rig, 5);
  await rig.timers.pass(60_000);
  await wait(rig, 2);
  assert.deepEqual(rig.model.told, []);
  await wait(rig, 2);
  assert.deepEqual(rig.model.told, [ABANDON]);
});

Deno.test("a call whose model goes mute in each of its answers is failed, too", async () => {
  using rig = await SessionRig.talking();
  for (let i = 0; i < 3; i++) {
    rig.respond(5);
    await wait(rig, 5);
    await regained(rig);
  }
  assert.ok(rig.types.includes("failed"));
});

Deno.test("time without a model is not time in which it was silent", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  await wait(rig, 7);

  rig.model.says.lost(new ModelError("closed", "1006"));
  await wait(rig, 30);
  await regained(rig);
  await wait(rig, 7);
  assert.ok(!rig.model.told.includes(ABANDON));
});

Deno.test("a call of which no conversation makes a sound is failed, so that the dialplan may go on", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  for (let i = 0; i < 3; i++) {
    await wait(rig, 9);
    await regained(rig);
  }
  const abandoned = rig.model.told.filter((told) => told === ABANDON);
  assert.equal(abandoned.length, 2);
  const failed = rig.told.find(({ type }) => type === "failed");
  assert.ok(failed?.type === "failed");
  assert.equal(failed.kind, "timeout");
});

Deno.test("a model that makes a sound again is forgiven", async () => {
  using rig = await SessionRig.talking();
  for (let i = 0; i < 5; i++) {
    rig.model.says.speechStarted();
    rig.model.says.speechStopped();
    await wait(rig, 16);
    await regained(rig);
    rig.respond(5);
    rig.model.says.responseEnded("completed");
    await wait(rig, 1);
  }
  assert.ok(!rig.types.includes("failed"));
});

Deno.test("noise from the first second on costs no model", async () => {
  using rig = await SessionRig.talking({ greeting: "您好" });
  rig.model.says.responseStarted();
  rig.model.says.speechStarted();
  rig.model.says.responseEnded("cancelled");
  await wait(rig, 100);
  assert.ok(!rig.model.told.includes(ABANDON));
});

Deno.test("answers without a sound, whatever is told of them, are not forgiven", async () => {
  using rig = await SessionRig.talking();
  for (let i = 0; i < 3; i++) {
    rig.model.says.speechStopped();
    rig.model.says.responseStarted();
    rig.model.says.audioEnded();
    rig.model.says.responseEnded("completed");
    await wait(rig, 16);
    await regained(rig);
  }
  assert.ok(rig.types.includes("failed"));
});
