import { createResampler } from "../../audio/create_resampler.ts";
import { readWav } from "../wav.ts";

/** Fills one frame of what a caller says; false when it says nothing. */
export type Voice = (frame: Int16Array, index: number) => boolean;

const TONE_HZ = 440;
const TONE_AMPLITUDE = 8000;
const TONE_MS = 1000;
const PAUSE_MS = 2000;
const TRAILING_SAMPLES = 1024;

/** A voice that says the samples again and again, in frames of any size. */
export function repeatingVoice(samples: Int16Array): Voice {
  if (samples.length === 0) return () => false;
  let at = 0;
  return (frame) => {
    for (let index = 0; index < frame.length; index++) {
      frame[index] = samples[at];
      if (++at === samples.length) at = 0;
    }
    return true;
  };
}

/** One second of 440 Hz and two of silence. */
export function toneSamples(rateHz: number): Int16Array {
  const samples = new Int16Array(rateHz * (TONE_MS + PAUSE_MS) / 1000);
  const spoken = rateHz * TONE_MS / 1000;
  for (let index = 0; index < spoken; index++) {
    const phase = 2 * Math.PI * TONE_HZ * index / rateHz;
    samples[index] = Math.round(TONE_AMPLITUDE * Math.sin(phase));
  }
  return samples;
}

/** The samples of a WAV file at another rate; throws TypeError or RangeError, saying why it cannot be used. */
export async function readSamples(
  bytes: Uint8Array,
  rateHz: number,
): Promise<Int16Array> {
  const wav = readWav(bytes);
  const resampler = await createResampler(wav.rateHz, rateHz);
  try {
    // What stands in the filter's tail comes out behind some silence.
    const input = new Int16Array(wav.samples.length + TRAILING_SAMPLES);
    input.set(wav.samples);
    const output = new Int16Array(resampler.maxOutputSamples(input.length));
    return output.subarray(0, resampler.process(input, output));
  } finally {
    resampler.close();
  }
}
