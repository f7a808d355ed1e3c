import assert from "node:assert/strict";
import { allocateSamples } from "../../src/audio/audio_memory.ts";
import { lowpassAt } from "../../src/audio/lowpass.ts";
import {
  createPolyphaseResampler,
  isPolyphasePair,
} from "../../src/audio/polyphase_resampler.ts";
import { testResampler } from "../contract/resampler.ts";
import { printedSeed, seededRandom } from "./seeded_random.ts";

const RATES_HZ = [8000, 16000, 24000, 48000];
const pairsHz = RATES_HZ.flatMap((from) =>
  RATES_HZ.filter((to) => to !== from).map((to) => [from, to] as const)
);

testResampler({
  name: "polyphase",
  create: (from, to) => Promise.resolve(createPolyphaseResampler(from, to)),
  pairsHz,
});

for (const [from, to] of pairsHz) {
  Deno.test(`polyphase ${from} → ${to} equals the sum over the whole impulse response`, () => {
    const random = seededRandom(printedSeed());
    const input = Int16Array.from(
      { length: 600 },
      // Too soft to be clipped.
      () => Math.floor((random() - 0.5) * 16000),
    );
    const output = new Int16Array(600 * to / from);
    const count = createPolyphaseResampler(from, to).process(input, output);
    assert.equal(count, output.length);
    for (let m = 0; m < count; m++) {
      const error = Math.abs(output[m] - exactOutput({ from, to, input, m }));
      assert.ok(error < 0.51, `sample ${m} is off by ${error}`);
    }
  });
}

Deno.test("polyphase gives whole frames for whole frames, from the first on", () => {
  const resampler = createPolyphaseResampler(24000, 8000);
  const output = new Int16Array(160);
  for (let frame = 0; frame < 5; frame++) {
    assert.equal(resampler.process(new Int16Array(480), output), 160);
  }
});

Deno.test("polyphase keeps calls apart that take turns", () => {
  const random = seededRandom(printedSeed());
  const inputs = [0, 1].map(() =>
    Int16Array.from({ length: 960 }, () => Math.floor(random() * 65536))
  );
  const alone = inputs.map((input) => {
    const output = new Int16Array(320);
    createPolyphaseResampler(24000, 8000).process(input, output);
    return output;
  });
  const calls = inputs.map(() => createPolyphaseResampler(24000, 8000));
  const together = inputs.map(() => new Int16Array(320));
  for (let frame = 0; frame < 2; frame++) {
    calls.forEach((call, i) => {
      const input = inputs[i].subarray(frame * 480, frame * 480 + 480);
      call.process(input, together[i].subarray(frame * 160));
    });
  }
  assert.deepEqual(together, alone);
});

const inside = allocateSamples(1000);
const outputInside = allocateSamples(6000);
for (const [from, to] of pairsHz) {
  Deno.test(`polyphase ${from} → ${to} writes no more than it says`, () => {
    const resampler = createPolyphaseResampler(from, to);
    const output = new Int16Array(20_000).fill(7);
    for (const length of [1, 5, 160, 333, 2000]) {
      const count = resampler.process(new Int16Array(length).fill(9), output);
      assert.ok(output.subarray(count).every((sample) => sample === 7));
      output.fill(7);
    }
  });

  Deno.test(`polyphase ${from} → ${to} takes and gives samples in the audio memory`, () => {
    const random = seededRandom(printedSeed());
    inside.forEach((_, i) => inside[i] = Math.floor(random() * 65536));
    const copy = inside.slice();
    const expected = new Int16Array(outputInside.length);
    const count = createPolyphaseResampler(from, to).process(copy, expected);
    outputInside.fill(0);
    createPolyphaseResampler(from, to).process(inside, outputInside);
    assert.deepEqual(outputInside, expected);
    assert.equal(count, Math.floor(1000 * to / from));
    assert.deepEqual(inside, copy);
  });
}

Deno.test("polyphase refuses pairs that it does not know", () => {
  assert.equal(isPolyphasePair(8000, 8000), false);
  assert.equal(isPolyphasePair(8000, 44100), false);
  assert.throws(() => createPolyphaseResampler(8000, 8000), RangeError);
  assert.throws(() => createPolyphaseResampler(44100, 8000), RangeError);
});

/** The definition of resampling by up/down, without phases or branches. */
function exactOutput(
  at: { from: number; to: number; input: Int16Array; m: number },
): number {
  const { from, to, input, m } = at;
  const stepsPerSample = Math.max(from, to) / gcd(from, to);
  const up = to / gcd(from, to);
  const down = from / gcd(from, to);
  // A whole number of samples at both rates.
  const whole = up * down;
  const delay = Math.ceil((20 * stepsPerSample - down) / whole) * whole;
  let sum = 0;
  for (let j = 0; j < input.length; j++) {
    sum += input[j] * lowpassAt(m * down - delay - j * up, stepsPerSample);
  }
  return sum * up / stepsPerSample;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
