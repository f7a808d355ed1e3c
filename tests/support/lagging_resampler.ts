import type { Resampler } from "../../src/audio/resampler.ts";

/** Copies at 8 kHz, but holds the newest `lagSamples` back until more comes. */
export function createLaggingResampler(lagSamples: number): Resampler {
  let held: number[] = [];
  return {
    inputRateHz: 8000,
    outputRateHz: 8000,
    maxOutputSamples: (inputSamples) => inputSamples + lagSamples,
    process(input, output) {
      held.push(...input);
      const ready = held.splice(0, Math.max(0, held.length - lagSamples));
      output.set(ready);
      return ready.length;
    },
    reset() {
      held = [];
    },
    close() {},
  };
}
