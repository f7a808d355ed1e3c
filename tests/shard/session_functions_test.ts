import assert from "node:assert/strict";
import type { FunctionAnswer } from "../../src/shard/protocol.ts";
import { SessionRig } from "../support/session_rig.ts";

const LAST = { id: "c1", output: "bye", isLast: "always" } as const;

/** The caller has asked for something, and the model calls a function for it. */
async function asked(fillerAfterMs = 0): Promise<SessionRig> {
  const rig = await SessionRig.talking({ fillerAfterMs });
  const { says } = rig.model;
  says.speechStarted();
  says.speechStopped();
  says.responseStarted();
  says.functionCalled({ id: "c1", name: "look_up", arguments: '{"a":1}' });
  says.responseEnded("completed");
  return rig;
}

/** What the session has told but for facts. */
function tellings(rig: SessionRig) {
  return rig.told.filter(({ type }) => type !== "fact" && type !== "opened");
}

function hasGivenUp({ model }: SessionRig): boolean {
  return model.told.includes("abandon timeout");
}

function finished(rig: SessionRig): boolean {
  return rig.told.some((message) =>
    message.type === "finished" && message.reason === "function"
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
  await rig.play(14_000 / 20);
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

for (
  const [isLast, ends] of [
    ["always", true],
    ["unless_caller_speaks", false],
  ] as const
) {
  Deno.test(`a caller who speaks into the last words ${ends ? "does not keep" : "keeps"} the conversation when it ends ${isLast}`, async () => {
    using rig = await asked();
    const last: FunctionAnswer = { ...LAST, isLast };
    rig.session.answerFunction(last);
    rig.respond(100);
    await rig.play(20);
    rig.model.says.speechStarted();
    await rig.play(40);
    assert.equal(finished(rig), ends);
    rig.model.says.speechStopped();
    await rig.play(600);
    assert.equal(finished(rig), ends);
  });
}

Deno.test("a function that returns to a model that is gone is nobody's", async () => {
  using rig = await asked();
  rig.model.abandon(new Error("gone") as never);
  rig.model.says.regained({
    supplier: "stepfun",
    model: "m",
    gapMs: 1,
    attempts: 1,
  });
  await rig.play(5);
  const before = rig.model.told.length;
  rig.session.answerFunction({ id: "c1", output: "42" });
  assert.equal(rig.model.told.length, before);
  // Who was owed an answer is owed it still.
  assert.match(rig.model.told.at(-1)!, /请回答来电者刚才说的话/);
});

Deno.test("a model that calls too many functions at once is refused by the session", async () => {
  using rig = await asked();
  for (let i = 2; i <= 30; i++) {
    rig.model.says.functionCalled({ id: `c${i}`, name: "f", arguments: "" });
  }
  assert.equal(tellings(rig).length, 16);
  assert.equal(
    rig.model.told.at(-1),
    'answer c30 {"error":"too many functions run"}',
  );
});

Deno.test("whose transfer nobody answered is told so", async () => {
  using rig = await SessionRig.talking({
    resume: { history: [{ role: "caller", text: "人工" }], owed: "transfer" },
  });
  assert.match(rig.model.told[0], /没有人接听/);
});
