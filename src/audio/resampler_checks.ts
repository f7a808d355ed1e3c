const LOWEST_RATE_HZ = 8000;
const HIGHEST_RATE_HZ = 48000;

/** Throws TypeError when a resampler is closed. Any thread. */
export function requireOpen(open: boolean) {
  if (!open) throw new TypeError("Cannot resample: the resampler is closed");
}

/** Throws RangeError when `output` holds fewer than `samples`. Any thread. */
export function requireRoom(output: Int16Array, samples: number) {
  if (output.length >= samples) return;
  throw new RangeError(
    `Cannot resample: output must hold ${samples} samples, got ${output.length}`,
  );
}

/** Throws RangeError unless `rateHz` is an integer of 8000 to 48000. Any thread. */
export function requireRate(rateHz: number) {
  if (
    Number.isInteger(rateHz) && rateHz >= LOWEST_RATE_HZ &&
    rateHz <= HIGHEST_RATE_HZ
  ) return;
  throw new RangeError(
    `Cannot resample: a rate must be an integer of ${LOWEST_RATE_HZ} to ${HIGHEST_RATE_HZ} Hz, got ${rateHz}`,
  );
}
