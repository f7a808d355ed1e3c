import assert from "node:assert/strict";
import { keysPrompt } from "../../src/shard/prompts.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { SessionRig } from "../support/session_rig.ts";

Deno.test("a barge-in while the assistant speaks drops the rest and tells what was heard", async () => {
  using rig = await SessionRig.talking();
  rig.respond(50);
  assert.equal(await rig.play(3), 3);
  rig.model.says.speechStarted();
  assert.equal(rig.session.state, "listening");
  assert.deepEqual(rig.model.told, ["interrupt 60"]);
  assert.deepEqual(rig.facts, []);
  assert.equal(await rig.play(1), 0);
  assert.deepEqual(rig.facts, [{ fact: "barge_in", stopMs: 20, heardMs: 60 }]);
  rig.model.says.responseEnded("cancelled");
  assert.equal(await rig.play(10), 0);
  assert.equal(rig.facts.length, 1);
});

Deno.test("a barge-in while an answer is awaited stops it without being counted", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  assert.equal(rig.session.state, "thinking");
  rig.model.says.responseStarted();
  rig.model.says.speechStarted();
  assert.deepEqual(rig.model.told, ["interrupt 0"]);
  rig.model.says.responseEnded("cancelled");
  rig.model.says.speechStarted();
  assert.deepEqual(rig.model.told, ["interrupt 0"]);
  await rig.play(3);
  assert.deepEqual(rig.facts, []);
});

Deno.test("speech of the caller while nothing is said interrupts nothing", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.model.says.speechStarted();
  await rig.play(2);
  assert.deepEqual(rig.model.told, []);
  assert.deepEqual(rig.facts, []);
});

Deno.test("a barge-in while only the tail is played drops it", async () => {
  using rig = await SessionRig.talking();
  rig.respond(10);
  rig.model.says.responseEnded("completed");
  assert.equal(await rig.play(7), 7);
  assert.equal(rig.session.state, "speaking");
  rig.model.says.speechStarted();
  assert.equal(await rig.play(5), 0);
  assert.deepEqual(rig.facts, [{ fact: "barge_in", stopMs: 20, heardMs: 140 }]);
});

Deno.test("a barge-in drops a tail that waits for its response's end", async () => {
  using rig = await SessionRig.talking();
  rig.respond(10);
  await rig.play(14);
  rig.model.says.audio(new Int16Array(160 * 3).fill(7));
  await rig.play(1);
  rig.model.says.audioEnded();
  await rig.play(2);
  rig.model.says.speechStarted();
  await rig.play(2);
  rig.model.says.responseEnded("completed");
  assert.equal(await rig.play(10), 0);
});

Deno.test("speech of the caller after the tail is no barge-in", async () => {
  using rig = await SessionRig.talking();
  rig.respond(3);
  rig.model.says.responseEnded("completed");
  await rig.play(6);
  assert.equal(rig.session.state, "listening");
  rig.model.says.speechStarted();
  assert.deepEqual(rig.model.told, []);
});

Deno.test("a second barge-in before the first has settled counts both, each with what was heard of it", async () => {
  using rig = await SessionRig.talking();
  rig.respond(50);
  await rig.play(2);
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.respond(50);
  rig.model.says.speechStarted();
  await rig.play(1);
  const heard = rig.facts.map((fact) =>
    fact.fact === "barge_in" ? fact.heardMs : fact.fact
  );
  assert.deepEqual(heard, [40, "turn", 0]);
  assert.deepEqual(rig.model.told, ["interrupt 40", "interrupt 0"]);
  rig.session.close();
  assert.partialDeepStrictEqual(rig.told.at(-1), {
    summary: { bargeIns: 2, heardMs: 40 },
  });
});

Deno.test("the time from the caller's last word to the first audio is told once a turn", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  await rig.timers.pass(700);
  rig.model.says.responseStarted();
  await rig.timers.pass(50);
  rig.model.says.audio(new Int16Array(1600));
  await rig.timers.pass(50);
  rig.model.says.audio(new Int16Array(1600));
  assert.deepEqual(rig.facts, [{ fact: "turn", latencyMs: 750 }]);
});

Deno.test("keys become one message once a number is whole, and silence the assistant", async () => {
  using rig = await SessionRig.talking();
  rig.respond(50);
  await rig.play(5);
  await rig.press("1*2");
  assert.deepEqual(rig.model.told, []);
  await rig.timers.pass(1500);
  assert.deepEqual(rig.model.told, ["interrupt 100", keysPrompt("1*2")]);
  assert.equal(rig.session.state, "thinking");
  await rig.press("7#");
  assert.deepEqual(rig.model.told.slice(2), [keysPrompt("7#")]);
  rig.session.close();
  assert.equal(rig.timers.pending, 0);
  assert.partialDeepStrictEqual(rig.told.at(-1), { summary: { turns: 2 } });
});

Deno.test("keys of a call that ends are forgotten", async () => {
  using rig = await SessionRig.talking();
  await rig.press("12");
  rig.session.close();
  assert.equal(rig.timers.pending, 0);
  await rig.press("3");
  await rig.timers.pass(5000);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("the caller's speech reaches the model once it is ready, not before", async () => {
  using rig = new SessionRig();
  const opened = rig.session.open();
  await rig.attach();
  await rig.play(4);
  assert.equal(rig.model.appended.length, 0);
  rig.model.opening.resolve();
  await opened;
  rig.look();
  assert.deepEqual(rig.model.appended.map(({ length }) => length), [640, 640]);
});

Deno.test("the summary counts turns, tokens and speech both ways", async () => {
  using rig = await SessionRig.talking();
  for (let turn = 0; turn < 2; turn++) {
    rig.model.says.speechStarted();
    rig.model.says.speechStopped();
    rig.respond(5);
    const usage = { inputTokens: 10, outputTokens: 20 };
    rig.model.says.responseEnded("completed", usage);
    assert.equal(await rig.play(8), 6);
  }
  rig.session.close();
  assert.deepEqual(rig.told.at(-1), {
    type: "closed",
    callId: "call",
    summary: {
      turns: 2,
      bargeIns: 0,
      heardMs: 240,
      usage: [{
        supplier: "stepfun",
        uplinkMs: 320,
        downlinkMs: 200,
        inputTokens: 20,
        outputTokens: 40,
      }],
    },
  });
});

Deno.test("a complaint of the model is told as a fact", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.complaint({ kind: "race", message: "no response" });
  const fact = { fact: "complaint", kind: "race", message: "no response" };
  assert.deepEqual(rig.facts, [fact]);
});

Deno.test("a model that stops in mid-answer is told as an underrun of the model", async () => {
  using rig = await SessionRig.talking();
  rig.respond(3);
  await rig.play(5);
  assert.deepEqual(rig.facts, [{ fact: "underrun", reason: "model" }]);
  assert.equal(rig.session.state, "speaking");
  rig.model.says.audio(new Int16Array(480));
  assert.equal(await rig.play(1), 0);
  rig.model.says.audio(new Int16Array(160));
  assert.equal(await rig.play(4), 4);
  rig.model.says.audio(new Int16Array(160));
  rig.model.says.responseEnded("completed");
  await rig.play(5);
  assert.equal(rig.facts.length, 1);
});

Deno.test("what is said stands in the log under pii alone", async () => {
  const lines: string[] = [];
  const sink = (line: string) => lines.push(line);
  const log = createLog({ level: "debug", sink, showPii: false });
  using rig = await SessionRig.talking({ log });
  rig.model.says.callerSaid("my number is 123");
  rig.respond(5);
  rig.model.says.assistantSaid("123, I see");
  assert.equal(lines.length, 2);
  assert.ok(!lines.join().includes("123"));
});

Deno.test("a response that begins while the caller goes on is taken back, and the next one is heard", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  await rig.line(400, 3000);
  rig.model.says.speechStopped();
  rig.model.says.speechStarted();
  await rig.line(200, 3000);
  rig.model.says.responseStarted();
  assert.deepEqual(rig.model.told, ["interrupt 0"]);
  rig.model.says.responseEnded("cancelled");
  await rig.line(1000, 3000);
  assert.equal(rig.session.state, "listening");
  rig.model.says.speechStopped();
  assert.equal(rig.session.state, "thinking");
  rig.respond(20);
  assert.deepEqual(rig.model.told, ["interrupt 0"]);
  assert.equal(await rig.play(30), 20);
  const turns = rig.facts.filter(({ fact }) => fact === "turn");
  assert.equal(turns.length, 1);
});

Deno.test("a response is heard when the line has been quiet, although the model tells late that the caller has stopped", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStarted();
  await rig.line(600, 3000);
  await rig.line(700, 0);
  rig.respond(5);
  rig.model.says.audioEnded();
  rig.model.says.responseEnded("completed");
  rig.model.says.speechStopped();
  assert.notEqual(rig.session.state, "thinking");
  await rig.line(20_000, 0);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("a model that never answers a turn is complained of, and given up", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  await rig.play(390);
  assert.deepEqual(rig.facts, []);
  await rig.play(20);
  assert.match(JSON.stringify(rig.facts[0]), /complaint.*no response within/);
  assert.deepEqual(rig.facts.slice(1), [{
    fact: "model_lost",
    kind: "timeout",
  }]);
  assert.equal(rig.session.state, "away");
  await rig.play(800);
  assert.equal(rig.facts.length, 2);
});

Deno.test("a model that has begun to answer may think for longer", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.speechStopped();
  await rig.play(350);
  rig.model.says.responseStarted();
  await rig.play(700);
  assert.deepEqual(rig.facts, []);
  await rig.play(60);
  assert.match(JSON.stringify(rig.facts[0]), /complaint.*no answer within/);
});
