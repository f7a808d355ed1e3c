import assert from "node:assert/strict";
import type { Measured } from "../../../tools/capacity/cell_result.ts";
import { judgeOverload } from "../../../tools/capacity/overload.ts";
import { judgeSoak } from "../../../tools/capacity/soak.ts";
import { quantilesOf } from "../../../tools/capacity/statistics.ts";
import {
  describeVerdict,
  findVerdicts,
} from "../../../tools/capacity/verdict.ts";
import { cellWith, measuredWith } from "./results.ts";

const whole = { received: 50, lost: 0, doubled: 0, outOfOrder: 0 };
const cores = { all: 1, main: 0.71, media: 0, workers: [] };
const calm = { lateTicks: 0, skippedTicks: 0, lateWakes: 0, clockErrorMs: 0 };
const slow = { count: 9, p50: 1, p95: 100, p99: 100, max: 100 };

Deno.test("a measurement within all limits has met them", () => {
  const { state, reasons } = cellWith();
  assert.deepEqual({ state, reasons }, { state: "met", reasons: [] });
});

const FAILURES: [string, Partial<Measured>, RegExp][] = [
  [
    "a frame lost on the way up",
    { uplinkFrames: { ...whole, lost: 1 } },
    /1 lost/,
  ],
  [
    "a doubled frame",
    { downlinkFrames: { ...whole, doubled: 2 } },
    /2 doubled/,
  ],
  ["a frame that never came", { unheardMarks: 2 }, /2 timed frames/],
  ["an underrun", { underrunFrames: 1 }, /1 frames were missing/],
  ["a slow uplink", { uplinkMs: slow }, /uplink p99 100.0 ms > 80 ms/],
  ["a slow downlink", { downlinkMs: slow }, /downlink p99 100.0 ms > 40 ms/],
  ["a slow barge-in", { bargeInMs: slow }, /barge-in p95 100.0 ms > 60 ms/],
  ["slow set-ups", { setupsPerSecond: 80 }, /80 set-ups a second/],
  ["a refused call", { answered: 99, refused: { BUSY: 1 } }, /1 × BUSY/],
  ["a call that ended", { endedEarly: { LOST: 2 } }, /2 × LOST/],
  ["misuse of FreeSWITCH", { violations: ["crash"] }, /crash/],
  ["complaints of the model", { modelErrors: 3 }, /complained 3 times/],
];

for (const [what, measured, reason] of FAILURES) {
  Deno.test(`a measurement fails by ${what}`, () => {
    const cell = cellWith(measured);
    assert.equal(cell.state, "failed");
    assert.match(cell.reasons.join("\n"), reason);
  });
}

const DOUBTS: [string, Partial<Measured>, RegExp][] = [
  ["busy callers", { callers: cores }, /callers used 71 % of a core/],
  ["a busy model", { model: cores }, /model used 71 % of a core/],
  ["a host that is busy", { stolen: 0.1 }, /host took 10 % of the processors/],
  ["other programs", { othersBusy: 0.4 }, /other programs used 40 %/],
  ["late frames", { lateness: { ...calm, lateTicks: 0.02 } }, /2.0 % of the/],
  ["given up frames", { lateness: { ...calm, skippedTicks: 1 } }, /gave up 1/],
  ["a late model", { lateness: { ...calm, lateWakes: 0.5 } }, /model woke/],
];

for (const [what, measured, reason] of DOUBTS) {
  Deno.test(`a measurement with ${what} is rejected, even when it failed too`, () => {
    const cell = cellWith({ ...measured, underrunFrames: 9 });
    assert.equal(cell.state, "rejected");
    assert.match(cell.reasons.join("\n"), reason);
  });
}

Deno.test("a verdict names the most calls below the first that gave way, by shards", () => {
  const cells = [
    cellWith({}, { calls: 400 }),
    cellWith({}, { calls: 100 }),
    cellWith({ underrunFrames: 5, server: { ...cores, main: 0.97 } }, {
      calls: 1000,
    }),
    cellWith({}, { calls: 2000 }),
    cellWith({}, { shards: 2 }),
    cellWith({ callers: cores }, { shards: 2, calls: 400 }),
  ];
  const [one, two] = findVerdicts(cells).map(describeVerdict);
  assert.match(
    one,
    /^1 shard: 400 calls met the limits; at 1000, gave way first: 5 frames/,
  );
  assert.match(one, /the server's main thread, 97 % of a core/);
  assert.match(
    two,
    /^2 shards: 100 calls met.*at 400, the measurement itself gave way/,
  );
});

Deno.test("a verdict says so when nothing gave way, or everything", () => {
  const [good] = findVerdicts([cellWith()]).map(describeVerdict);
  assert.equal(good, "1 shard: 100 calls met the limits; nothing gave way.");
  const [bad] = findVerdicts([cellWith({ underrunFrames: 1 })]);
  assert.equal(bad.carried, 0);
});

Deno.test("an overload passes when exactly the limit was answered and nobody suffered", () => {
  const overload = { limit: 100, placed: 150 };
  const refused = { NORMAL_TEMPORARY_FAILURE: 50 };
  const judge = (other: Partial<Measured>) =>
    judgeOverload(measuredWith({ refused, ...other }), overload).join("\n");
  assert.equal(judge({}), "");
  assert.match(judge({ answered: 101 }), /101 calls were answered, not 100/);
  assert.match(judge({ refused: {} }), /0 calls were refused, not 50/);
  assert.match(judge({ underrunFrames: 1 }), /1 frames were missing/);
  assert.match(judge({ endedEarly: { X: 1 } }), /1 answered calls ended/);
  assert.match(judge({ uplinkFrames: { ...whole, lost: 4 } }), /4 frames/);
});

Deno.test("a soak is flat when only its first half grew, and growing when its last did", () => {
  const soak = (memory: (part: number) => number, ended = {}) =>
    judgeSoak({
      shards: 1,
      total: 10_000,
      samples: Array.from({ length: 50 }, (_, i) => ({
        calls: (i + 1) * 200,
        seconds: i,
        memoryBytes: 1e8 + memory(i) * 1e6,
        files: 30,
      })),
      ended: { NORMAL_CLEARING: 10_000, ...ended },
      setupMs: quantilesOf([80]),
      emptied: true,
    });
  assert.equal(soak((part) => Math.min(part, 20)).state, "flat");
  const growing = soak((part) => part);
  assert.equal(growing.state, "growing");
  assert.ok(Math.abs(growing.bytesPerCall - 5000) < 1, "1 MB each 200 calls");
  const failed = soak(() => 0, { CRASH: 2 });
  assert.equal(failed.state, "failed");
  assert.match(failed.reasons.join(), /2 calls ended with CRASH/);
});
