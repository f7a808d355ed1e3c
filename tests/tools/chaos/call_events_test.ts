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

Deno.test("a call with all its events and one end is in order, over two owners too", () => {
  const all = events("a", "1.1", "1.2", "2.1", "2.2!");
  const verdict = judgeEvents(all, ["a"]);
  assert.deepEqual(verdict, {
    unended: 0,
    endedAgain: 0,
    lost: 0,
    disordered: 0,
    entries: 4,
  });
});

Deno.test("calls without an end and with two ends are counted", () => {
  const all = [...events("a", "1.1"), ...events("b", "1.1!", "2.1!")];
  const { unended, endedAgain } = judgeEvents(all, ["a", "b", "c"]);
  assert.deepEqual([unended, endedAgain], [2, 1]);
});

Deno.test("an event that came twice counts once", () => {
  const all = events("a", "1.1", "1.2!", "1.1", "1.2!");
  const { endedAgain, lost, disordered } = judgeEvents(all, ["a"]);
  assert.deepEqual([endedAgain, lost, disordered], [0, 0, 0]);
});

Deno.test("holes are lost events, and a late one is out of order", () => {
  const hole = judgeEvents(events("a", "1.1", "1.4!"), ["a"]);
  assert.deepEqual([hole.lost, hole.disordered], [2, 0]);
  const late = judgeEvents(events("a", "1.1", "1.3", "1.2", "1.4!"), ["a"]);
  assert.deepEqual([late.lost, late.disordered], [0, 1]);
});

Deno.test("the events of other calls are left out", () => {
  const all = [...events("a", "1.1!"), ...events("other", "1.9")];
  assert.equal(judgeEvents(all, ["a"]).lost, 0);
});

Deno.test("an entry of the stream is read by its fields' names", async () => {
  const raw = [["1-0", ["seq", "3", "type", "ended", "callId", "a"]]];
  const redis = { ask: <T>() => Promise.resolve(raw as T) };
  const [event] = await readEvents(redis);
  assert.deepEqual(event, { type: "ended", callId: "a", epoch: NaN, seq: 3 });
});
