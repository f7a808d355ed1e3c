import assert from "node:assert/strict";
import {
  convertRate,
  RateConverter,
} from "../../../src/simulator/stepfun/rate_converter.ts";
import {
  babble,
  chunks,
  correlation,
  join,
  sample,
  seededRandom,
  tone,
} from "./signals.ts";

const RATES = [[16_000, 24_000], [24_000, 16_000], [8000, 24_000], [
  24_000,
  8000,
], [44_100, 24_000]];

Deno.test("a recording keeps its length and its shape at another rate", () => {
  const seed = 5;
  console.log(`seed ${seed}`);
  const signal = babble(seededRandom(seed));
  for (const [inputRateHz, outputRateHz] of RATES) {
    const rates = { inputRateHz, outputRateHz, crossings: 12 };
    const given = sample(signal, { rateHz: inputRateHz, durationMs: 500 });
    const wanted = sample(signal, { rateHz: outputRateHz, durationMs: 500 });
    const got = convertRate(given, rates);
    assert.equal(got.length, wanted.length);
    const middle = [outputRateHz / 50, -outputRateHz / 50];
    const likeness = correlation(
      got.subarray(...middle),
      wanted.subarray(...middle),
    );
    assert.ok(likeness > 0.9999, `${inputRateHz} ${outputRateHz} ${likeness}`);
  }
});

Deno.test("a stream comes out the same for any chunking", () => {
  const given = tone(300);
  for (const [inputRateHz, outputRateHz] of RATES) {
    const rates = { inputRateHz, outputRateHz, crossings: 2 };
    const whole = new RateConverter(rates).convert(given);
    for (const size of [1, 3, 320, 1001]) {
      const converter = new RateConverter(rates);
      const parts = [...chunks(given, size)].map((p) => converter.convert(p));
      assert.deepEqual(join(...parts), whole, `${size}`);
    }
  }
});

Deno.test("tones that the lower rate cannot carry are gone", () => {
  const high = tone(300, { rateHz: 24_000, frequencyHz: 6000 });
  const rates = { inputRateHz: 24_000, outputRateHz: 8000, crossings: 12 };
  const left = convertRate(high, rates).subarray(200, -200);
  assert.ok(Math.max(...left.map(Math.abs)) < 50);
});

Deno.test("loud samples are clipped and equal rates are copied", () => {
  const square = new Int16Array(400).map((_, i) =>
    i % 40 < 20 ? 32767 : -32768
  );
  const rates = { inputRateHz: 16_000, outputRateHz: 24_000, crossings: 12 };
  const loud = convertRate(square, rates);
  assert.equal(Math.max(...loud), 32767);
  assert.equal(Math.min(...loud), -32768);
  const same = convertRate(square, { ...rates, outputRateHz: 16_000 });
  assert.deepEqual(same, square);
  assert.notEqual(same.buffer, square.buffer);
});

Deno.test("rates without a simple ratio are refused", () => {
  const rates = { inputRateHz: 16_001, outputRateHz: 24_000, crossings: 2 };
  assert.throws(() => new RateConverter(rates), RangeError);
});
