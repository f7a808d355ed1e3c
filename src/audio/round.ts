/**
 * Added to a double, 1.5 × 2^52 leaves no room for a fraction: the hardware
 * rounds to the nearest integer, halves to even, the same way for both signs
 * and without a branch that noise would mispredict.
 */
const ROUNDER = 1.5 * 2 ** 52;

/** The nearest 16-bit sample; values beyond are clipped. Any thread. */
export function roundToInt16(value: number): number {
  if (value >= 32767) return 32767;
  if (value <= -32768) return -32768;
  return (value + ROUNDER) - ROUNDER;
}
