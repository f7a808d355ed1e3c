import assert from "node:assert/strict";
import { createResampler } from "../../src/audio/create_resampler.ts";
import { measureQuality } from "../../tools/audio_measurement.ts";

const RATES_HZ = [8000, 16000, 24000, 48000];

for (const inputRateHz of RATES_HZ) {
  for (const outputRateHz of RATES_HZ) {
    if (inputRateHz === outputRateHz) continue;
    Deno.test(`the default resampler is clean from ${inputRateHz} to ${outputRateHz} Hz`, async () => {
      const resampler = await createResampler(inputRateHz, outputRateHz);
      const quality = measureQuality(resampler);
      resampler.close();
      const shown = JSON.stringify(quality);
      assert.ok(quality.sinad1kHzDb >= 95, shown);
      assert.ok(quality.sinad3kHzDb >= 90, shown);
      assert.ok(quality.worstImageDb <= -90, shown);
      assert.ok(quality.rippleDb <= 0.1, shown);
      assert.ok(quality.delayMs > 0 && quality.delayMs <= 3, shown);
    });
  }
}

Deno.test("the measurement sees a resampler that only repeats samples", () => {
  const quality = measureQuality({
    inputRateHz: 8000,
    outputRateHz: 16000,
    maxOutputSamples: (samples) => 2 * samples,
    process(input, output) {
      input.forEach((x, i) => output[2 * i] = output[2 * i + 1] = x);
      return 2 * input.length;
    },
    reset() {},
    close() {},
  });
  assert.ok(quality.sinad1kHzDb < 20);
  assert.ok(quality.worstImageDb > -10);
  assert.ok(quality.rippleDb > 1);
});

Deno.test("the measurement sees a resampler that drops samples without a filter", () => {
  const quality = measureQuality({
    inputRateHz: 24000,
    outputRateHz: 8000,
    maxOutputSamples: (samples) => samples / 3,
    process(input, output) {
      for (let i = 0; i < input.length; i += 3) output[i / 3] = input[i];
      return input.length / 3;
    },
    reset() {},
    close() {},
  });
  assert.ok(quality.worstImageDb > -1);
  assert.ok(Math.abs(quality.delayMs) < 0.01);
});
