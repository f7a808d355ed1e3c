import assert from "node:assert/strict";
import { EdgeSmoother } from "../../src/media/edge_smoother.ts";
import { between, printedRandom } from "../support/seeded_random.ts";

const RATES_HZ = [8000, 16000, 48000];

/** The steepest step of a raised cosine of 5 ms from `level` to nothing. */
function steepest(level: number, rateHz: number): number {
  return Math.abs(level) * Math.PI / 2 / (rateHz * 0.005) + 1;
}

function largestStep(samples: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 1; i < samples.length; i++) {
    largest = Math.max(largest, Math.abs(samples[i] - samples[i - 1]));
  }
  return largest;
}

function noise(random: () => number, length: number): Int16Array {
  return Int16Array.from({ length }, () => between(random, -32768, 32767));
}

for (const rateHz of RATES_HZ) {
  const frameSamples = rateHz / 50;

  Deno.test(`unbroken speech at ${rateHz} Hz passes bit by bit`, () => {
    const random = printedRandom("unbroken speech");
    const smoother = new EdgeSmoother(rateHz);
    for (let i = 0; i < 50; i++) {
      const frame = noise(random, frameSamples);
      const before = frame.slice();
      smoother.speech(frame);
      assert.deepEqual(frame, before);
    }
  });

  Deno.test(`a cut at ${rateHz} Hz is no steeper than its ramp, from any level`, () => {
    for (const level of [32767, -32768, 9000, -9000, 33]) {
      const smoother = new EdgeSmoother(rateHz);
      smoother.speech(new Int16Array(frameSamples).fill(level));
      const gap = new Int16Array(frameSamples).fill(12345);
      assert.equal(smoother.gap(gap, false), true);
      assert.ok(largestStep([level, ...gap]) <= steepest(level, rateHz));
      assert.ok(gap.subarray(rateHz * 0.005).every((sample) => sample === 0));
      assert.equal(smoother.gap(gap, false), false);
    }
  });

  Deno.test(`speech at ${rateHz} Hz that resumes after an underrun fades in over 5 ms`, () => {
    const smoother = new EdgeSmoother(rateHz);
    const silence = new Int16Array(frameSamples);
    smoother.speech(silence.slice());
    smoother.gap(silence.slice(), true);
    const resumed = new Int16Array(frameSamples).fill(20_000);
    smoother.speech(resumed);
    assert.ok(largestStep([0, ...resumed]) <= steepest(20_000, rateHz));
    const after = resumed.subarray(rateHz * 0.005);
    assert.ok(after.every((sample) => sample === 20_000));
    const next = new Int16Array(frameSamples).fill(20_000);
    smoother.speech(next);
    assert.ok(next.every((sample) => sample === 20_000));
  });
}

Deno.test("speech that follows an end, not an underrun, is not faded", () => {
  const smoother = new EdgeSmoother(8000);
  smoother.speech(new Int16Array(160).fill(5000));
  smoother.gap(new Int16Array(160), false);
  const next = new Int16Array(160).fill(5000);
  smoother.speech(next);
  assert.ok(next.every((sample) => sample === 5000));
});

Deno.test("a quiet end needs no ramp and leaves the frame alone", () => {
  const smoother = new EdgeSmoother(8000);
  smoother.speech(new Int16Array(160).fill(-32));
  const frame = new Int16Array(160).fill(7);
  assert.equal(smoother.gap(frame, false), false);
  assert.ok(frame.every((sample) => sample === 7));
});

Deno.test("a gap before anything was said needs no ramp", () => {
  const smoother = new EdgeSmoother(8000);
  assert.equal(smoother.gap(new Int16Array(160), true), false);
});
