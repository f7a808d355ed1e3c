/** Zero crossings on each side of the centre; with the group delay, 2.5 ms at 8 kHz. */
export const CROSSINGS = 20;

/**
 * Kaiser's shape parameter. Of 8.4 to 10 in steps of 0.4 the one with the
 * deepest stopband (92 dB from 0.575 of the lower rate on) at this length.
 */
const KAISER_BETA = 9.2;

/**
 * Impulse response of the anti-alias and anti-image lowpass, `offset` grid
 * steps from its centre; pure, any thread. The cutoff is half the lower rate,
 * which is `stepsPerSample` times below the grid's rate, so that every
 * `stepsPerSample`-th value but the centre is exactly zero (a Nyquist filter):
 * those taps cost nothing, and one phase of an upsampler is a plain copy. The
 * values `stepsPerSample` apart add up to about 1.
 */
export function lowpassAt(offset: number, stepsPerSample: number): number {
  if (offset === 0) return 1;
  const crossing = offset / stepsPerSample;
  if (Number.isInteger(crossing)) return 0;
  const edge = crossing / CROSSINGS;
  if (Math.abs(edge) >= 1) return 0;
  const window = besselI0(KAISER_BETA * Math.sqrt(1 - edge * edge)) /
    besselI0(KAISER_BETA);
  return window * Math.sin(Math.PI * crossing) / (Math.PI * crossing);
}

/** Modified Bessel function of the first kind and order zero, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
