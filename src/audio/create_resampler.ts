import { createCopyingResampler } from "./copying_resampler.ts";
import { createLibsamplerateResampler } from "./libsamplerate_resampler.ts";
import {
  createPolyphaseResampler,
  isPolyphasePair,
} from "./polyphase_resampler.ts";
import type { Resampler } from "./resampler.ts";
import { requireRate } from "./resampler_checks.ts";

/** Settings of {@linkcode createResampler}. */
export interface ResamplerOptions {
  /** Without it, polyphase where it knows the pair of rates, libsamplerate elsewhere. */
  readonly kind?: "polyphase" | "libsamplerate";
}

/**
 * Makes a resampler for a pair of rates in hertz; equal rates give one that
 * copies, of whatever kind. Worker thread. Rejects with RangeError for a rate
 * that is not an integer of 8000 to 48000, and for a pair that the kind asked
 * for cannot convert.
 */
export async function createResampler(
  inputRateHz: number,
  outputRateHz: number,
  options: ResamplerOptions = {},
): Promise<Resampler> {
  requireRate(inputRateHz);
  requireRate(outputRateHz);
  if (inputRateHz === outputRateHz) return createCopyingResampler(inputRateHz);
  const kind = options.kind ??
    (isPolyphasePair(inputRateHz, outputRateHz)
      ? "polyphase"
      : "libsamplerate");
  return kind === "polyphase"
    ? createPolyphaseResampler(inputRateHz, outputRateHz)
    : await createLibsamplerateResampler(inputRateHz, outputRateHz);
}
