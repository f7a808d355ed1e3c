import assert from "node:assert/strict";
import {
  greetingPrompt,
  keysPrompt,
  resumePrompt,
} from "../../src/shard/prompts.ts";
import { ModelError } from "../../src/shard/speech_model.ts";
import { createResampler } from "../../src/audio/create_resampler.ts";
import { settle } from "../support/fake_timers.ts";
import { SessionRig } from "../support/session_rig.ts";

const LOST = new ModelError("closed", "1006");

function regained(rig: SessionRig, supplier = "stepfun"): Promise<void> {
  rig.model.supplier = supplier;
  rig.model.says.regained({ supplier, model: "m", gapMs: 800, attempts: 2 });
  return rig.timers.pass(0);
}

/** What was said, as a main thread that follows the changes knows it. */
function transcriptOf(rig: SessionRig) {
  const said: Array<{ role: string; text: string }> = [];
  for (const fact of rig.facts) {
    if (fact.fact !== "said") continue;
    const { change, index, utterance } = fact;
    said.splice(index, change === "insert" ? 0 : 1, utterance);
  }
  return said;
}

Deno.test("a model that is lost is told, and nothing else ends", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.lost(LOST);
  assert.equal(rig.session.state, "away");
  assert.deepEqual(rig.types, ["opened", "fact"]);
  assert.deepEqual(rig.facts, [{ fact: "model_lost", kind: "closed" }]);
});

Deno.test("speech of the caller in the gap reaches the new conversation", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.lost(LOST);
  await rig.play(8);
  assert.equal(rig.model.appended.length, 0);
  await regained(rig);
  assert.equal(rig.model.appended.length, 4);
  assert.equal(rig.session.state, "listening");
});

Deno.test("what the model had said is still played in the gap", async () => {
  using rig = await SessionRig.talking();
  rig.respond(20);
  rig.model.says.responseEnded("completed");
  rig.model.says.lost(LOST);
  assert.equal(await rig.play(20), 20);
});

Deno.test("a caller who waits for an answer gets it from the new conversation", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.model.says.lost(LOST);
  await regained(rig);
  assert.deepEqual(rig.model.told, [resumePrompt("answer")]);
  assert.equal(rig.session.state, "thinking");
});

Deno.test("an answer that broke off is gone on with", async () => {
  using rig = await SessionRig.talking();
  rig.respond(20);
  rig.model.says.responseEnded("failed");
  rig.model.says.lost(LOST);
  await regained(rig);
  assert.deepEqual(rig.model.told, [resumePrompt("rest")]);
});

Deno.test("a model that is lost twice in a row still owes what it owed", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  rig.model.says.lost(LOST);
  rig.model.says.lost(LOST);
  await regained(rig);
  assert.deepEqual(rig.model.told, [resumePrompt("answer")]);
});

Deno.test("a caller who owes the next word is not spoken to after a gap", async () => {
  using rig = await SessionRig.talking();
  rig.respond(5);
  rig.model.says.responseEnded("completed");
  await rig.play(10);
  rig.model.says.lost(LOST);
  await regained(rig);
  assert.deepEqual(rig.model.told, []);
  assert.equal(rig.session.state, "listening");
});

Deno.test("another supplier's rates are adopted in both directions", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.lost(LOST);
  await rig.play(4);
  rig.model.inputRateHz = 24000;
  rig.model.outputRateHz = 24000;
  await regained(rig, "openai");
  const [first] = rig.model.appended;
  assert.ok(Math.abs(first.length - 960) < 100, `${first.length} samples`);
  rig.model.says.responseStarted();
  rig.model.says.audio(new Int16Array(24000 / 5).fill(900));
  rig.model.says.responseEnded("completed");
  const heard = await rig.play(20);
  assert.ok(heard >= 10 && heard <= 12, `${heard} frames`);
});

Deno.test("usage is kept apart by supplier", async () => {
  using rig = await SessionRig.talking();
  await rig.play(4);
  rig.respond(10);
  rig.model.says.responseEnded("failed", { inputTokens: 3, outputTokens: 4 });
  rig.model.says.lost(LOST);
  await regained(rig, "qwen");
  await rig.play(2);
  rig.respond(5);
  rig.session.close();
  const closed = rig.told.at(-1)!;
  assert.ok(closed.type === "closed");
  const [first, second] = closed.summary.usage;
  assert.partialDeepStrictEqual(first, {
    supplier: "stepfun",
    downlinkMs: 200,
    inputTokens: 3,
    outputTokens: 4,
  });
  assert.partialDeepStrictEqual(second, { supplier: "qwen", downlinkMs: 100 });
  assert.ok(first.uplinkMs > 70 && first.uplinkMs <= 80);
  assert.ok(second.uplinkMs > 30 && second.uplinkMs <= 40);
});

Deno.test("a caller who hears nothing in a gap hears a tone after the set silence, and again", async () => {
  using rig = await SessionRig.talking({ fillerAfterMs: 200 });
  rig.model.says.lost(LOST);
  assert.equal(await rig.play(10), 0);
  const tone = await rig.play(40);
  assert.ok(tone >= 15 && tone <= 18, `${tone} frames`);
  const again = await rig.play(120);
  assert.ok(again >= 15 && again <= 18, `${again} frames`);
  await regained(rig);
  assert.equal(await rig.play(200), 0);
});

Deno.test("a resumed conversation gives the model its history and does not greet", async () => {
  const history = [
    { role: "assistant", text: "您好" },
    { role: "caller", text: "查订单" },
  ] as const;
  using rig = await SessionRig.talking({
    greeting: "您好",
    resume: { history, owed: "answer" },
  });
  assert.deepEqual(rig.model.history, history);
  assert.deepEqual(rig.model.told, [resumePrompt("answer")]);
  assert.deepEqual(rig.facts, [{ fact: "resumed", supplier: "stepfun" }]);
  rig.model.says.callerSaid("四二");
  assert.deepEqual(rig.model.history.at(-1), { role: "caller", text: "四二" });
});

Deno.test("words of the caller that come late stand before the answer to them", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.respond(3);
  rig.model.says.assistantSaid("今天晴");
  rig.model.says.callerSaid("天气呢");
  assert.deepEqual(transcriptOf(rig), [
    { role: "caller", text: "天气呢" },
    { role: "assistant", text: "今天晴" },
  ]);
  assert.deepEqual(rig.model.history, transcriptOf(rig));
});

Deno.test("an interrupted answer is kept as far as it was heard", async () => {
  using rig = await SessionRig.talking();
  rig.respond(100);
  rig.model.says.assistantSaid("一二三四五六七八九十");
  rig.model.says.responseEnded("completed");
  assert.equal(await rig.play(50), 50);
  rig.model.says.speechStarted();
  const [{ text }] = transcriptOf(rig);
  assert.match(text, /^一二三四五六?……$/);
});

Deno.test("pressed keys are part of what was said", async () => {
  using rig = await SessionRig.talking();
  await rig.press("12#");
  assert.deepEqual(transcriptOf(rig), [{
    role: "caller",
    text: keysPrompt("12#"),
  }]);
});

Deno.test("a caller who says nothing is asked, taken leave of, and then the call is over", async () => {
  using rig = await SessionRig.talking({ callerSilenceMs: 1000 });
  await rig.play(49);
  assert.equal(rig.model.told.length, 0);
  await rig.play(3);
  assert.equal(rig.model.told.length, 1);
  rig.respond(5);
  rig.model.says.responseEnded("completed");
  await rig.play(40);
  assert.equal(rig.model.told.length, 2);
  assert.ok(!rig.types.includes("finished"));
  rig.respond(5);
  rig.model.says.responseEnded("completed");
  await rig.play(10);
  assert.deepEqual(rig.told.at(-1), {
    type: "finished",
    callId: "call",
    reason: { by: "silence" },
  });
  await rig.play(50);
  assert.equal(rig.types.filter((type) => type === "finished").length, 1);
});

Deno.test("a caller who answers the question is not taken leave of", async () => {
  using rig = await SessionRig.talking({ callerSilenceMs: 1000 });
  await rig.play(52);
  rig.respond(5);
  rig.model.says.responseEnded("completed");
  await rig.play(10);
  rig.model.says.speechStarted();
  await rig.play(100);
  assert.equal(rig.model.told.length, 1);
});

Deno.test("a caller who was speaking when the model was lost is asked to say it again", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  await rig.play(100);
  rig.model.says.lost(LOST);
  await regained(rig);
  await rig.play(50);
  assert.deepEqual(rig.model.told, [resumePrompt("answer")]);
});

Deno.test("keys that are pressed while the model is away are told once, with the history, and answered", async () => {
  using rig = await SessionRig.talking({ greeting: "您好" });
  rig.model.says.lost(LOST);
  await rig.press("12#");
  const history = rig.model.history.map(({ text }) => text);
  assert.deepEqual(history, [keysPrompt("12#")]);
  await regained(rig);
  const expected = [greetingPrompt("您好"), resumePrompt("answer")];
  assert.deepEqual(rig.model.told, expected);
});

Deno.test("keys that are pressed before a resumed call has its model are answered", async () => {
  using rig = new SessionRig({ resume: { history: [], owed: "nothing" } });
  const opened = rig.session.open();
  await rig.press("12#");
  rig.model.opening.resolve();
  await opened;
  assert.deepEqual(rig.model.told, [resumePrompt("answer")]);
});

Deno.test("keys that are pressed while the rates of a new model are adopted reach it", async () => {
  const gate = Promise.withResolvers<void>();
  let gated = false;
  using rig = await SessionRig.talking({
    createResampler: async (from, to) => {
      if (gated) await gate.promise;
      return await createResampler(from, to);
    },
  });
  rig.model.says.lost(LOST);
  gated = true;
  rig.model.inputRateHz = 24000;
  await regained(rig);
  await rig.press("12#");
  gate.resolve();
  await settle();
  await settle();
  assert.deepEqual(rig.model.told, [keysPrompt("12#")]);
});

Deno.test("keys that are pressed before there is a model are answered, where there is no greeting", async () => {
  using rig = new SessionRig();
  const opened = rig.session.open();
  await rig.press("1#");
  rig.model.opening.resolve();
  await opened;
  assert.deepEqual(rig.model.told, [resumePrompt("answer")]);
});

Deno.test("a key that is pressed while a new call's model is opened does not take the greeting's place", async () => {
  using rig = new SessionRig({ greeting: "您好" });
  const opened = rig.session.open();
  await rig.press("1#");
  rig.model.opening.resolve();
  await opened;
  assert.deepEqual(rig.model.told, [greetingPrompt("您好")]);
});

Deno.test("keys stand behind the answer that asked for them", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.model.says.callerSaid("check my order");
  rig.respond(5);
  rig.model.says.assistantSaid("please press your number");
  rig.model.says.responseEnded("completed");
  await rig.play(20);
  await rig.press("12#");
  assert.deepEqual(transcriptOf(rig).map(({ text }) => text), [
    "check my order",
    "please press your number",
    keysPrompt("12#"),
  ]);
});

Deno.test("words of a caller whom the loss of the model cut off stand behind the last answer", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.model.says.callerSaid("first");
  rig.respond(5);
  rig.model.says.assistantSaid("answer");
  rig.model.says.responseEnded("completed");
  await rig.play(20);
  rig.model.says.speechStarted();
  rig.model.says.callerSaid("second, as far as it came");
  rig.model.says.lost(LOST);
  assert.deepEqual(transcriptOf(rig).map(({ text }) => text), [
    "first",
    "answer",
    "second, as far as it came",
  ]);
});

Deno.test("late words of a turn stand before its answer, also when the caller speaks again", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.respond(5);
  rig.model.says.assistantSaid("answer");
  rig.model.says.speechStarted();
  rig.model.says.callerSaid("first");
  assert.deepEqual(transcriptOf(rig).map(({ text }) => text).slice(0, 1), [
    "first",
  ]);
});

Deno.test("of an answer that was interrupted before it made a sound nothing is remembered", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.model.says.responseStarted();
  rig.model.interrupt = () => {
    rig.model.says.assistantSaid("your balance is");
    rig.model.says.responseEnded("cancelled");
  };
  rig.model.says.speechStarted();
  assert.deepEqual(rig.model.history, []);
});

Deno.test("a quiet line lets the model renew itself, a busy one does not", async () => {
  using rig = await SessionRig.talking();
  await rig.play(2);
  assert.ok(rig.model.quiets > 0);
  const before = rig.model.quiets;
  rig.model.says.speechStarted();
  await rig.play(3);
  rig.model.says.speechStopped();
  await rig.play(3);
  rig.respond(10);
  await rig.play(3);
  assert.equal(rig.model.quiets, before);
});

Deno.test("a greeting that was lost before it was heard is asked for again", async () => {
  using rig = await SessionRig.talking({ greeting: "您好" });
  rig.model.says.lost(LOST);
  await regained(rig);
  const greetings = [greetingPrompt("您好"), greetingPrompt("您好")];
  assert.deepEqual(rig.model.told, greetings);
  rig.respond(3);
  rig.model.says.responseEnded("completed");
  await rig.play(10);
  rig.model.says.lost(LOST);
  await regained(rig);
  assert.deepEqual(rig.model.told, greetings);
});
