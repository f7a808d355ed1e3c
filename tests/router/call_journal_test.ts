import assert from "node:assert/strict";
import { CallJournal } from "../../src/router/call_journal.ts";
import type { SessionFact } from "../../src/shard/protocol.ts";
import type { CallRecord } from "../../src/store/call_store.ts";
import { ScriptedStore } from "../support/scripted_store.ts";

function open(earlier?: CallRecord, { isHeard = true, isBack = false } = {}) {
  const store = new ScriptedStore();
  const clock = { ms: 1_000_000 };
  const journal = new CallJournal({
    store,
    ownership: { epoch: earlier ? 2 : 1, earlier },
    isHeard,
    isBack,
    call: { callId: "a", caller: "1", called: "2", assistantId: "default" },
    wallMs: () => clock.ms,
  });
  return { store, clock, journal };
}

function said(
  role: "caller" | "assistant",
  text: string,
  { index = 0, leftMs = 0, change = "insert" as "insert" | "replace" } = {},
): SessionFact {
  return { fact: "said", change, index, utterance: { role, text }, leftMs };
}

Deno.test("a call in which nothing was said has nothing to go on with", () => {
  const { journal } = open();
  assert.equal(journal.resume(), undefined);
  journal.record(said("assistant", ""));
  assert.equal(journal.resume(), undefined);
});

Deno.test("a caller whose words are the last, or not written down yet, waits for an answer", () => {
  const { journal } = open();
  journal.record({ fact: "turn_ended" });
  assert.deepEqual(journal.resume(), { history: [], owed: "answer" });
  journal.record(said("caller", "你好"));
  journal.record({ fact: "turn", latencyMs: 300 });
  assert.equal(journal.resume()?.owed, "answer");
});

Deno.test("a caller who is in the middle of an utterance waits for an answer", () => {
  const { journal } = open();
  journal.record(said("assistant", "您好"));
  assert.equal(journal.resume()?.owed, "nothing");
  journal.record({ fact: "turn_began" });
  assert.equal(journal.resume()?.owed, "answer");
});

Deno.test("an answer that the caller has not heard to its end is owed the rest of", () => {
  const { journal, clock } = open();
  journal.record(said("assistant", "今天晴", { leftMs: 2000 }));
  clock.ms += 1999;
  assert.equal(journal.resume()?.owed, "rest");
  clock.ms += 1;
  assert.equal(journal.resume()?.owed, "nothing");
});

Deno.test("a caller whom nobody has answered elsewhere is told so, once the assistant has said something", () => {
  const { journal } = open(undefined, { isBack: true });
  assert.deepEqual(journal.resume(), { history: [], owed: "transfer" });
  journal.record(said("assistant", "抱歉"));
  assert.equal(journal.resume()?.owed, "nothing");
});

Deno.test("a record has what was said in its order, and what was cut short as it was heard", () => {
  const { journal, store } = open();
  journal.placed(3);
  journal.record(said("assistant", "一二三四", { leftMs: 900 }));
  journal.record(said("caller", "等等"));
  journal.record(
    said("assistant", "一二……", { index: 1, change: "replace" }),
  );
  const record = store.saved.get("a")!;
  assert.equal(record.shard, 3);
  assert.deepEqual(record.transcript.map(({ text }) => text), [
    "等等",
    "一二……",
  ]);
  assert.equal(record.transcript[1].heardByMs, 1_000_000);
});

Deno.test("events are counted from 1 and say which owner tells them", () => {
  const { journal, store } = open();
  journal.event("started", {});
  journal.record({ fact: "turn", latencyMs: 300.4 });
  journal.record({ fact: "barge_in", stopMs: 20, heardMs: 60 });
  journal.event("tool", { name: "weather" });
  journal.finish({ by: "hangup" });
  assert.deepEqual(
    store.appended.map(({ type, seq, epoch }) => [type, seq, epoch]),
    [["started", 1, 1], ["turn", 2, 1], ["barge_in", 3, 1], ["tool", 4, 1], [
      "ended",
      5,
      1,
    ]],
  );
  assert.deepEqual(store.finished, ["a"]);
});

Deno.test("a call that parts leaves the event that ends it when nobody takes it", async () => {
  const { journal, store } = open();
  await journal.part({ by: "drain" }, { withinMs: 500 });
  assert.deepEqual(store.appended.map(({ type }) => type), ["parted"]);
  assert.partialDeepStrictEqual(store.parted[0], {
    callId: "a",
    ended: { type: "ended", seq: 2, data: { by: "drain" } },
  });
});

Deno.test("a call that goes on keeps the time of its beginning and what was said before", () => {
  const earlier: CallRecord = {
    callId: "a",
    caller: "1",
    called: "2",
    assistantId: "default",
    createdAtMs: 5,
    shard: 7,
    transcript: [{ role: "assistant", text: "您好", atMs: 6, heardByMs: 9 }],
  };
  const { journal, store } = open(earlier);
  assert.ok(journal.resumed);
  assert.equal(journal.resume()?.owed, "nothing");
  journal.record(said("caller", "查订单", { index: 1 }));
  const record = store.saved.get("a")!;
  assert.equal(record.createdAtMs, 5);
  assert.equal(record.transcript.length, 2);
});

Deno.test("what was said before the caller was on the line was said to nobody", () => {
  const { journal, store, clock } = open(undefined, { isHeard: false });
  journal.placed(0);
  journal.record(said("assistant", "您好", { leftMs: 900 }));
  clock.ms += 5000;
  assert.deepEqual(store.saved.get("a")!.transcript, []);
  assert.equal(journal.resume(), undefined);
  journal.record(said("assistant", "您好", { leftMs: 900 }));
  journal.heard();
  assert.equal(store.saved.get("a")!.transcript.length, 1);
  assert.deepEqual(journal.resume(), {
    history: [{ role: "assistant", text: "您好" }],
    owed: "rest",
  });
});

Deno.test("what a shard said before the caller was on the line is lost with it", () => {
  const { journal } = open(undefined, { isHeard: false });
  journal.record(said("assistant", "您好", { leftMs: 900 }));
  journal.shardLost();
  journal.heard();
  assert.equal(journal.resume(), undefined);
});
