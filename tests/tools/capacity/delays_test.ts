import assert from "node:assert/strict";
import {
  joinDelays,
  shiftCaller,
  shiftSession,
} from "../../../tools/capacity/delays.ts";

const caller = {
  name: 5,
  sent: [0, 53, 106],
  sentMs: [1000, 2020, 3040],
  firstFramesMs: [1400, 6015],
  runs: [{ fromMs: 1400, toMs: 4030 }, { fromMs: 6015, toMs: 7000 }],
};
const session = {
  name: 5,
  heard: [53, 106],
  heardMs: [2045, 3044],
  firstDeltasMs: [900, 1390, 6000],
  speechStartedMs: [4000, 5000, 7015, 7050],
};
const span = { fromMs: 0, toMs: 10_000 };

Deno.test("both ends of a call are joined by its name, its marks by their numbers", () => {
  const sessions = [{ ...session, name: 6 }, session];
  const delays = joinDelays({ callers: [caller], sessions, ...span });
  assert.deepEqual(delays.uplink, [25, 4]);
  assert.equal(delays.unheard, 1);
});

Deno.test("an answer that began before its caller could hear is not timed", () => {
  const delays = joinDelays({
    callers: [caller],
    sessions: [session],
    ...span,
  });
  assert.deepEqual(delays.downlink, [10, 15]);
});

Deno.test("a barge-in lasts from the notice to the end of what is heard, when something is", () => {
  const delays = joinDelays({
    callers: [caller],
    sessions: [session],
    ...span,
  });
  assert.deepEqual(delays.bargeIn, [30, 0]);
});

Deno.test("only what left during the measurement is timed", () => {
  const timed = {
    callers: [caller],
    sessions: [session],
    fromMs: 3000,
    toMs: 4000,
  };
  const { uplink, downlink, bargeIn, unheard } = joinDelays(timed);
  assert.deepEqual([uplink, downlink, bargeIn, unheard], [[4], [], [], 0]);
});

Deno.test("a caller whom no session heard counts as unheard", () => {
  const delays = joinDelays({ callers: [caller], sessions: [], ...span });
  assert.equal(delays.unheard, 3);
});

Deno.test("times of both sides can be brought to another clock", () => {
  const there = shiftCaller(shiftCaller(caller, 1e6), -1e6);
  assert.deepEqual(there, caller);
  const apart = {
    callers: [shiftCaller(caller, 500)],
    sessions: [shiftSession(session, 500)],
    fromMs: 500,
    toMs: 10_500,
  };
  const near = { callers: [caller], sessions: [session], ...span };
  assert.deepEqual(joinDelays(apart), joinDelays(near));
});
