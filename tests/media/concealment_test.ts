import assert from "node:assert/strict";
import { Concealment } from "../../src/media/concealment.ts";

const RATES_HZ = [8000, 16_000, 48_000];
const AMPLITUDE = 8000;

/** A tone in frames, of which those that `isMissing` names are made up. */
function tone(
  hz: number,
  options: {
    readonly rateHz: number;
    readonly frames: number;
    readonly isMissing: (frame: number) => boolean;
  },
): Int16Array {
  const { rateHz, frames, isMissing } = options;
  const frameSamples = rateHz / 50;
  const concealment = new Concealment(rateHz);
  const samples = new Int16Array(frames * frameSamples);
  let last = new Int16Array(frameSamples);
  for (let number = 0; number < frames; number++) {
    const from = number * frameSamples;
    const frame = samples.subarray(from, from + frameSamples);
    if (isMissing(number)) {
      concealment.fill(frame, () => last);
      continue;
    }
    for (let i = 0; i < frameSamples; i++) {
      const phase = 2 * Math.PI * hz * (from + i) / rateHz;
      frame[i] = Math.round(AMPLITUDE * Math.sin(phase));
    }
    concealment.pass(frame);
    last = frame.slice();
  }
  return samples;
}

function largestJump(samples: Int16Array): number {
  let largest = 0;
  for (let i = 1; i < samples.length; i++) {
    largest = Math.max(largest, Math.abs(samples[i] - samples[i - 1]));
  }
  return largest;
}

/** The largest jump that a tone of this frequency makes by itself. */
function ownJump(hz: number, rateHz: number): number {
  return Math.ceil(2 * AMPLITUDE * Math.sin(Math.PI * hz / rateHz));
}

for (const rateHz of RATES_HZ) {
  for (const hz of [110, 310, 1010]) {
    for (const missing of [1, 2, 3, 4, 10]) {
      Deno.test(`a tone of ${hz} Hz at ${rateHz} Hz has no click when ${missing} frames are missing`, () => {
        const isMissing = (frame: number) => frame > 4 && frame <= 4 + missing;
        const samples = tone(hz, { rateHz, frames: 20, isMissing });
        // The blend of two tones of up to the full level moves by a share of their difference.
        const blend = 2 * AMPLITUDE * (Math.PI / 2) / (rateHz * 0.005);
        assert.ok(largestJump(samples) <= ownJump(hz, rateHz) + blend + 2);
      });
    }
  }
}

Deno.test("a click would be found: silence in the place of a frame jumps four times as far", () => {
  const rateHz = 8000;
  const options = { rateHz, frames: 20, isMissing: () => false };
  const samples = tone(110, options);
  samples.fill(0, 820, 980);
  const limit = ownJump(110, rateHz) + 2 * AMPLITUDE * Math.PI / 2 / 40 + 2;
  assert.ok(largestJump(samples) > 4 * limit, `${largestJump(samples)}`);
});

Deno.test("frames that all came pass untouched", () => {
  const rateHz = 8000;
  const samples = tone(440, { rateHz, frames: 5, isMissing: () => false });
  const expected = Int16Array.from(
    samples,
    (_, i) => Math.round(AMPLITUDE * Math.sin(2 * Math.PI * 440 * i / rateHz)),
  );
  assert.deepEqual(samples, expected);
});

Deno.test("made up frames fade over 60 ms, and are silent from then on", () => {
  const concealment = new Concealment(8000);
  const last = new Int16Array(160).fill(10_000);
  const peaks: number[] = [];
  const frame = new Int16Array(160);
  for (let i = 0; i < 5; i++) {
    concealment.fill(frame, () => last);
    peaks.push(frame[0]);
    assert.ok(frame[159] <= frame[0]);
  }
  assert.ok(peaks[0] > 9990 && peaks[0] <= 10_000);
  assert.ok(peaks[1] > 7000 && peaks[1] < 8000);
  assert.ok(peaks[2] > 2000 && peaks[2] < 3000);
  assert.deepEqual(peaks.slice(3), [0, 0]);
});

Deno.test("the first made up frame is the last one backwards, the second forwards", () => {
  const concealment = new Concealment(8000);
  const last = new Int16Array(160);
  last[0] = 8000;
  last[159] = -8000;
  const frame = new Int16Array(160);
  concealment.fill(frame, () => last);
  assert.ok(frame[0] < -7990 && frame[159] > 5000);
  concealment.fill(frame, () => last);
  assert.ok(frame[0] > 5000 && frame[159] < -1900);
});

Deno.test("only the first 5 ms of the frame after a hole are touched", () => {
  const concealment = new Concealment(8000);
  const last = new Int16Array(160).fill(5000);
  concealment.fill(new Int16Array(160), () => last);
  const next = new Int16Array(160).fill(-5000);
  concealment.pass(next);
  assert.ok(next[0] > 0 && next[39] > -5000);
  assert.ok(next.subarray(40).every((sample) => sample === -5000));
  next.fill(-5000);
  concealment.pass(next);
  assert.ok(next.every((sample) => sample === -5000));
});

Deno.test("a hole before the first frame is silence", () => {
  const concealment = new Concealment(8000);
  const frame = new Int16Array(160).fill(1);
  concealment.fill(frame, () => new Int16Array(160));
  assert.ok(frame.every((sample) => sample === 0));
});

Deno.test("a made up frame of 60 ms fades within itself", () => {
  const concealment = new Concealment(48_000);
  const last = new Int16Array(2880).fill(10_000);
  const frame = new Int16Array(2880);
  concealment.fill(frame, () => last);
  assert.ok(frame[0] > 9990 && frame[2879] === 0);
  assert.ok(frame.every((sample, i) => i === 0 || sample <= frame[i - 1]));
  concealment.fill(frame, () => last);
  assert.ok(frame.every((sample) => sample === 0));
});
