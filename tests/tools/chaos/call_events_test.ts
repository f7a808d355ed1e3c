import assert from "node:assert/strict";
import {
  type CallEventEntry,
  judgeEvents,
  readEvents,
} from "../../../tools/chaos/call_events.ts";

/** Entries of one call as `epoch.seq[!]`, `!` for its end. */
function events(callId: string, ...short: string[]): CallEventEntry[] {
  return short.map((text) => {
    const [epoch, seq] = text.replace("!", "").split(".").map(Number);
    const type = text.endsWith("!") ? "ended" : "turn";
    return { type, callId, epoch, seq };
  });
}

/** Calls that were answered. */
function answered(...callIds: string[]) {
  return callIds.map((callId) => ({ callId, answered: true }));
}

Deno.test("a call with all its events and one end is in order, over two owners too", () => {
  const all = events("a", "1.1", "1.2", "2.1", "2.2!");
  const verdict = judgeEvents(all, answered("a"));
  assert.deepEqual(verdict, {
    unended: [],
    endedAgain: [],
    lost: 0,
    disordered: 0,
    entries: 4,
  });
});

Deno.test("calls without an end and with two ends are counted", () => {
  const all = [...events("a", "1.1"), ...events("b", "1.1!", "2.1!")];
  const { unended, endedAgain } = judgeEvents(all, answered("a", "b", "c"));
  assert.deepEqual([unended, endedAgain], [["a", "c"], ["b"]]);
});

Deno.test("an event that came twice counts once", () => {
  const all = events("a", "1.1", "1.2!", "1.1", "1.2!");
  const { endedAgain, lost, disordered } = judgeEvents(all, answered("a"));
  assert.deepEqual([endedAgain, lost, disordered], [[], 0, 0]);
});

Deno.test("holes are lost events, and a late one is out of order", () => {
  const hole = judgeEvents(events("a", "1.1", "1.4!"), answered("a"));
  assert.deepEqual([hole.lost, hole.disordered], [2, 0]);
  const late = judgeEvents(
    events("a", "1.1", "1.3", "1.2", "1.4!"),
    answered("a"),
  );
  assert.deepEqual([late.lost, late.disordered], [0, 1]);
});

Deno.test("a call that nobody took needs no end, one that began does", () => {
  const calls = ["a", "b"].map((callId) => ({ callId, answered: false }));
  assert.deepEqual(judgeEvents(events("a", "1.1"), calls).unended, ["a"]);
});

Deno.test("an end by the sweep stands outside the numbers", () => {
  const all = events("a", "1.1", "1.2", "1.0!");
  const { lost, disordered, unended } = judgeEvents(all, answered("a"));
  assert.deepEqual([lost, disordered, unended], [0, 0, []]);
  const hole = judgeEvents(events("a", "1.2", "1.0!"), answered("a"));
  assert.equal(hole.lost, 1);
});

Deno.test("the events of other calls are left out", () => {
  const all = [...events("a", "1.1!"), ...events("other", "1.9")];
  assert.equal(judgeEvents(all, answered("a")).lost, 0);
});

Deno.test("an entry of the stream is read by its fields' names", async () => {
  const raw = [["1-0", ["seq", "3", "type", "ended", "callId", "a"]]];
  const redis = { ask: <T>() => Promise.resolve(raw as T) };
  const [event] = await readEvents(redis);
  assert.deepEqual(event, { type: "ended", callId: "a", epoch: NaN, seq: 3 });
});
