import assert from "node:assert/strict";
import type { CreateResampler, Resampler } from "../../src/audio/resampler.ts";
import { printedSeed, seededRandom } from "../audio/seeded_random.ts";

/** An implementation under the contract of `src/audio/resampler.ts`. */
export interface ResamplerSubject {
  readonly name: string;
  readonly create: CreateResampler;
  readonly pairsHz: readonly (readonly [number, number])[];
}

type Check = (resampler: Resampler) => void;

/** Registers the whole contract as tests, for each pair of rates. */
export function testResampler(subject: ResamplerSubject) {
  for (const [inputRateHz, outputRateHz] of subject.pairsHz) {
    for (const [title, check] of Object.entries(CHECKS)) {
      const pair = `${inputRateHz} → ${outputRateHz}`;
      Deno.test(`${subject.name} ${pair} ${title}`, async () => {
        const resampler = await subject.create(inputRateHz, outputRateHz);
        try {
          check(resampler);
        } finally {
          resampler.close();
        }
      });
    }
  }
}

const CHECKS: Record<string, Check> = {
  "says its rates": (resampler) => {
    assert.ok(resampler.inputRateHz >= 8000);
    assert.ok(resampler.outputRateHz >= 8000);
    assert.equal(resampler.maxOutputSamples(0), 0);
  },
  "gives the same samples for any chunking": sameForAnyChunking,
  "clips a full-scale square wave and never wraps": clips,
  "gives silence for silence": (resampler) => {
    const out = convert(resampler, new Int16Array(resampler.inputRateHz / 4));
    assert.ok(out.length > 0 && out.every((sample) => sample === 0));
  },
  "keeps a constant constant": keepsConstant,
  "never drifts": neverDrifts,
  "is as new after a reset": asNewAfterReset,
  "refuses a small output before it consumes anything": refusesSmallOutput,
  "cannot be used once closed": closes,
};

function sameForAnyChunking(resampler: Resampler) {
  const random = seededRandom(printedSeed());
  const input = noise(random, resampler.inputRateHz);
  const whole = convert(resampler, input);
  resampler.reset();
  const byOne = convert(resampler, input.subarray(0, 2000), () => 1);
  assert.deepEqual(byOne, whole.subarray(0, byOne.length));
  for (const longest of [4, 200, 3000]) {
    resampler.reset();
    const length = () => Math.floor(random() * (longest + 1));
    assert.deepEqual(convert(resampler, input, length), whole);
  }
}

function clips(resampler: Resampler) {
  const { inputRateHz } = resampler;
  const square = (high: number, low: number) =>
    Int16Array.from({ length: inputRateHz / 4 }, (_, i) => {
      return i % 37 < 18 ? high : low;
    });
  const full = convert(resampler, square(32767, -32768));
  resampler.reset();
  const half = convert(resampler, square(16384, -16384));
  let clipped = 0;
  for (let i = 0; i < full.length; i++) {
    const expected = Math.max(-32768, Math.min(32767, 2 * half[i]));
    assert.ok(Math.abs(full[i] - expected) <= 4, `${full[i]} at ${i}`);
    if (Math.abs(2 * half[i]) > 32768) clipped++;
  }
  const equalRates = inputRateHz === resampler.outputRateHz;
  assert.ok(equalRates || clipped > 0, "the test signal never overshoots");
}

function keepsConstant(resampler: Resampler) {
  const input = new Int16Array(resampler.inputRateHz / 2).fill(20000);
  const out = convert(resampler, input);
  for (const sample of out.subarray(out.length / 2)) {
    assert.ok(Math.abs(sample - 20000) <= 2, `${sample}`);
  }
}

function neverDrifts(resampler: Resampler) {
  const { inputRateHz, outputRateHz } = resampler;
  const second = new Int16Array(inputRateHz);
  const output = new Int16Array(resampler.maxOutputSamples(inputRateHz));
  const first = resampler.process(second, output);
  const latencyMs = 1000 * (outputRateHz - first) / outputRateHz;
  assert.ok(latencyMs >= 0 && latencyMs < 5, `${latencyMs} ms`);
  let later = 0;
  for (let i = 0; i < 60; i++) later += resampler.process(second, output);
  assert.equal(later, 60 * outputRateHz);
}

function asNewAfterReset(resampler: Resampler) {
  const input = noise(seededRandom(printedSeed()), 5001);
  const fresh = convert(resampler, input);
  convert(resampler, input.subarray(0, 1234));
  resampler.reset();
  assert.deepEqual(convert(resampler, input), fresh);
}

function refusesSmallOutput(resampler: Resampler) {
  const input = noise(seededRandom(printedSeed()), 3000);
  const whole = convert(resampler, input);
  resampler.reset();
  const head = convert(resampler, input.subarray(0, 1001));
  const small = new Int16Array(resampler.maxOutputSamples(1999) - 1);
  assert.throws(
    () => resampler.process(input.subarray(1001), small),
    RangeError,
  );
  const tail = convert(resampler, input.subarray(1001));
  assert.deepEqual(Int16Array.of(...head, ...tail), whole);
}

function closes(resampler: Resampler) {
  resampler.close();
  resampler.close();
  const output = new Int16Array(1000);
  assert.throws(() => resampler.process(new Int16Array(1), output), TypeError);
  assert.throws(() => resampler.reset(), TypeError);
}

function convert(
  resampler: Resampler,
  input: Int16Array,
  chunkSamples: () => number = () => input.length,
): Int16Array {
  const output = new Int16Array(resampler.maxOutputSamples(input.length) + 99);
  let written = 0;
  for (let at = 0; at < input.length;) {
    const chunk = input.subarray(at, at + chunkSamples());
    // No larger than promised, so that a broken promise shows.
    const room = resampler.maxOutputSamples(chunk.length);
    const target = output.subarray(written, written + room);
    written += resampler.process(chunk, target);
    at += chunk.length;
  }
  return output.subarray(0, written);
}

function noise(random: () => number, length: number): Int16Array {
  return Int16Array.from({ length }, () => Math.floor(random() * 65536));
}
