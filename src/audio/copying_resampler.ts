import type { Resampler } from "./resampler.ts";
import { requireOpen, requireRoom } from "./resampler_checks.ts";

/** A resampler for equal rates, which copies bit by bit without delay. Worker thread. */
export function createCopyingResampler(rateHz: number): Resampler {
  let closed = false;
  return {
    inputRateHz: rateHz,
    outputRateHz: rateHz,
    maxOutputSamples: (inputSamples) => inputSamples,
    process(input, output) {
      requireOpen(!closed);
      requireRoom(output, input.length);
      output.set(input);
      return input.length;
    },
    reset() {
      requireOpen(!closed);
    },
    close() {
      closed = true;
    },
  };
}
