import assert from "node:assert/strict";
import type { AfterFunction } from "../../src/shard/protocol.ts";
import { ModelError } from "../../src/shard/speech_model.ts";
import { SessionRig } from "../support/session_rig.ts";

const SENT: AfterFunction = { do: "transfer", to: "8001" };
const BYE: AfterFunction = { do: "hang_up" };
const LAST = { id: "c1", output: "bye", after: SENT } as const;

/** The caller has asked for something, and the model calls a function for it. */
async function asked(fillerAfterMs = 0): Promise<SessionRig> {
  const rig = await SessionRig.talking({ fillerAfterMs });
  const { says } = rig.model;
  says.speechStarted();
  says.speechStopped();
  says.responseStarted();
  const call = { id: "c1", name: "look_up", arguments: '{"a":1}' };
  rig.model.callFunction(call);
  says.responseEnded("completed");
  return rig;
}

/** What the session has told but for facts. */
function tellings(rig: SessionRig) {
  return rig.told.filter(({ type }) => type !== "fact" && type !== "opened");
}

/** The model is gone, and there again at once. */
function lose({ model }: SessionRig): void {
  model.abandon(new ModelError("closed", "gone"));
  const how = { supplier: "stepfun", model: "m", gapMs: 1, attempts: 1 };
  model.says.regained(how);
}

function hasGivenUp({ model }: SessionRig): boolean {
  return model.told.includes("abandon timeout");
}

function finished(rig: SessionRig): boolean {
  return rig.told.some((message) =>
    message.type === "finished" && message.reason.by === "function"
  );
}

Deno.test("a function is called by the main thread, and its result given to the model", async () => {
  using rig = await asked();
  assert.deepEqual(tellings(rig), [{
    type: "function",
    callId: "call",
    call: { id: "c1", name: "look_up", arguments: '{"a":1}' },
  }]);
  rig.session.answerFunction({ id: "c1", output: "42" });
  assert.deepEqual(rig.model.told, ["answer c1 42"]);
  assert.equal(rig.session.state, "thinking");
  // Who answers twice, or what nobody asked for, is not heard.
  rig.session.answerFunction({ id: "c1", output: "43" });
  rig.session.answerFunction({ id: "c2", output: "44" });
  assert.equal(rig.model.told.length, 1);
});

Deno.test("how long a function takes is not the model's silence, and what it takes afterwards is", async () => {
  using rig = await asked();
  await rig.play(1500);
  assert.deepEqual(rig.model.told, []);
  rig.session.answerFunction({ id: "c1", output: "42" });
  await rig.play(7000 / 20);
  assert.ok(!hasGivenUp(rig));
  await rig.play(2000 / 20);
  assert.ok(hasGivenUp(rig));
});

Deno.test("a caller hears a soft tone while a function runs, and may speak over it", async () => {
  using rig = await asked(1000);
  const heard = await rig.play(100);
  // 320 ms, and the fade at its end.
  assert.equal(heard, 17);
  await rig.play(75);
  rig.model.says.speechStarted();
  // The tone is nothing of the model's that could be interrupted.
  assert.deepEqual(rig.model.told, []);
  rig.model.says.speechStopped();
  rig.session.answerFunction({ id: "c1", output: "42" });
  assert.deepEqual(rig.model.told, ["answer c1 42"]);
});

Deno.test("a session is finished when the caller has heard what was said to the last function", async () => {
  using rig = await asked();
  rig.session.answerFunction(LAST);
  await rig.play(50);
  assert.ok(!finished(rig));
  rig.respond(100);
  rig.model.says.audioEnded();
  rig.model.says.responseEnded("completed");
  await rig.play(95);
  assert.ok(!finished(rig));
  await rig.play(40);
  assert.ok(finished(rig));
  await rig.play(40);
  assert.equal(rig.types.filter((type) => type === "finished").length, 1);
});

Deno.test("a model that says nothing to the last function keeps nobody for longer than 8 s", async () => {
  using rig = await asked();
  rig.session.answerFunction(LAST);
  await rig.play(7900 / 20);
  assert.ok(!finished(rig));
  await rig.play(400 / 20);
  assert.ok(finished(rig));
});

for (const after of [SENT, BYE]) {
  const ends = after === SENT;
  Deno.test(`a caller who speaks into the last words is ${ends ? "transferred all the same" : "not hung up on"}`, async () => {
    for (const how of ["before", "into", "key"]) {
      using rig = await asked();
      if (how === "before") rig.model.says.speechStarted();
      rig.session.answerFunction({ ...LAST, after });
      rig.respond(100);
      await rig.play(20);
      if (how === "into") rig.model.says.speechStarted();
      if (how === "key") await rig.press("1#");
      rig.model.says.responseEnded("cancelled");
      await rig.play(700);
      assert.equal(finished(rig), ends, how);
    }
  });

  Deno.test(`a caller whose model is lost before the last words is ${ends ? "transferred all the same" : "not hung up on"}`, async () => {
    using rig = await asked();
    rig.session.answerFunction({ ...LAST, after });
    lose(rig);
    rig.respond(50);
    rig.model.says.responseEnded("completed");
    await rig.play(700);
    assert.equal(finished(rig), ends);
  });
}

Deno.test("what the model said while it called is not what it says to the last function", async () => {
  using rig = await SessionRig.talking();
  const { says } = rig.model;
  says.responseStarted();
  rig.model.callFunction({ id: "c1", name: "f", arguments: "{}" });
  rig.session.answerFunction(LAST);
  says.audio(new Int16Array(1600));
  says.responseEnded("completed");
  await rig.play(60);
  assert.ok(!finished(rig));
  rig.respond(20);
  says.responseEnded("completed");
  await rig.play(60);
  assert.ok(finished(rig));
});

Deno.test("a result that nobody waits for any more changes nothing", async () => {
  using rig = await asked();
  rig.model.says.speechStarted();
  rig.model.forgetCalls();
  rig.model.says.speechStopped();
  rig.respond(20);
  rig.model.says.responseEnded("completed");
  await rig.play(60);
  assert.equal(rig.session.state, "listening");
  rig.session.answerFunction({ id: "c1", output: "42" });
  assert.equal(rig.session.state, "listening");
  await rig.play(900);
  assert.ok(!hasGivenUp(rig));
});

Deno.test("a model that is lost while it looks something up is asked to answer, whatever it has said before", async () => {
  using rig = await SessionRig.talking();
  const { says } = rig.model;
  says.speechStarted();
  says.speechStopped();
  rig.respond(20);
  rig.model.callFunction({ id: "c1", name: "f", arguments: "{}" });
  says.responseEnded("completed");
  await rig.play(60);
  lose(rig);
  await rig.play(5);
  assert.match(rig.model.told.at(-1)!, /请回答来电者刚才说的话/);
});

Deno.test("a function that returns to a model that is gone is nobody's", async () => {
  using rig = await asked();
  lose(rig);
  await rig.play(5);
  const before = rig.model.told.length;
  rig.session.answerFunction({ id: "c1", output: "42" });
  assert.equal(rig.model.told.length, before);
  // Who was owed an answer is owed it still.
  assert.match(rig.model.told.at(-1)!, /请回答来电者刚才说的话/);
});

Deno.test("a model that calls too many functions in a second is refused by the session", async () => {
  using rig = await asked();
  for (let i = 2; i <= 30; i++) {
    rig.model.callFunction({ id: `c${i}`, name: "f", arguments: "" });
  }
  assert.equal(tellings(rig).length, 20);
  assert.equal(
    rig.model.told.at(-1),
    'answer c30 {"error":"too many function calls"}',
  );
});

Deno.test("whose transfer nobody answered is told so", async () => {
  using rig = await SessionRig.talking({
    resume: { history: [{ role: "caller", text: "人工" }], owed: "transfer" },
  });
  assert.match(rig.model.told[0], /没有人接听/);
});
