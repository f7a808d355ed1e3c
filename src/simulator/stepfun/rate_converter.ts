/** Rates in hertz and quality of a {@linkcode RateConverter}. */
export interface RateConverterOptions {
  readonly inputRateHz: number;
  readonly outputRateHz: number;
  /** Zero crossings of the kernel on each side: 2 is cheap, 16 is good. */
  readonly crossings: number;
}

const KAISER_BETA = 8;
const MAX_PHASES = 1000;

/**
 * Converts a stream of samples to another rate with a Kaiser-windowed sinc of
 * one kernel for each phase. Any thread. No delay: output 0 stands where input
 * 0 stood; an output comes when the inputs behind it are there.
 */
export class RateConverter {
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  /** One kernel behind the other, by phase. */
  readonly #weights: Float64Array;
  /** Inputs that are still needed, behind the silence that stood before the first. */
  #held: Int16Array;
  #heldCount: number;
  #firstIndex: number;
  #phase = 0;
  #base = 0;

  /** Throws RangeError for rates that are not whole numbers with a simple ratio. */
  constructor(options: RateConverterOptions) {
    const { inputRateHz, outputRateHz, crossings } = options;
    const divisor = greatestDivisor(inputRateHz, outputRateHz);
    this.#up = outputRateHz / divisor;
    this.#down = inputRateHz / divisor;
    if (!(this.#up > 0 && this.#up <= MAX_PHASES && this.#down > 0)) {
      throw new RangeError(
        `Cannot convert: rates must have a simple ratio, got ${inputRateHz} to ${outputRateHz}`,
      );
    }
    const cutoff = Math.min(1, this.#up / this.#down);
    this.#half = Math.ceil(crossings / cutoff);
    const taps = this.#half * 2;
    this.#weights = new Float64Array(taps * this.#up);
    for (let phase = 0; phase < this.#up; phase++) {
      const weights = kernel(phase / this.#up, this.#half, cutoff);
      this.#weights.set(weights, phase * taps);
    }
    this.#held = new Int16Array(this.#half);
    this.#heldCount = this.#half;
    this.#firstIndex = -this.#half;
  }

  /** Takes `input` and gives what is ready; the array is the receiver's. */
  convert(input: Int16Array): Int16Array<ArrayBuffer> {
    this.#hold(input);
    const last = this.#firstIndex + this.#heldCount - 1 - this.#half;
    const output = new Int16Array(this.#readyCount(last));
    this.#fill(output);
    const used = Math.min(
      this.#heldCount,
      Math.max(0, this.#base - this.#half + 1 - this.#firstIndex),
    );
    this.#held.copyWithin(0, used, this.#heldCount);
    this.#heldCount -= used;
    this.#firstIndex += used;
    return output;
  }

  #hold(input: Int16Array): void {
    const needed = this.#heldCount + input.length;
    if (needed > this.#held.length) {
      const larger = new Int16Array(needed);
      larger.set(this.#held.subarray(0, this.#heldCount));
      this.#held = larger;
    }
    this.#held.set(input, this.#heldCount);
    this.#heldCount = needed;
  }

  /** Gives what is left, as if silence followed. */
  finish(): Int16Array<ArrayBuffer> {
    return this.convert(new Int16Array(this.#half));
  }

  #readyCount(lastBase: number): number {
    if (lastBase < this.#base) return 0;
    const room = (lastBase - this.#base + 1) * this.#up - this.#phase;
    return Math.ceil(room / this.#down);
  }

  #fill(output: Int16Array): void {
    const samples = this.#held;
    const up = this.#up, down = this.#down, taps = this.#half * 2;
    const weights = this.#weights;
    let phase = this.#phase;
    let from = this.#base - this.#half + 1 - this.#firstIndex;
    for (let i = 0; i < output.length; i++) {
      const at = phase * taps;
      let sum = 32768.5;
      for (let k = 0; k < taps; k++) sum += weights[at + k] * samples[from + k];
      // Truncation rounds down only what is positive, so it is moved there and back.
      const rounded = (sum | 0) - 32768;
      output[i] = rounded > 32767 ? 32767 : rounded < -32768 ? -32768 : rounded;
      phase += down;
      while (phase >= up) {
        phase -= up;
        from++;
      }
    }
    this.#phase = phase;
    this.#base = from + this.#half - 1 + this.#firstIndex;
  }
}

/** Converts a whole recording; a copy when the rates are equal. Any thread. Throws as {@linkcode RateConverter}. */
export function convertRate(
  samples: Int16Array,
  options: RateConverterOptions,
): Int16Array<ArrayBuffer> {
  if (options.inputRateHz === options.outputRateHz) return samples.slice();
  const converter = new RateConverter(options);
  const body = converter.convert(samples);
  const rest = converter.finish();
  const ratio = options.outputRateHz / options.inputRateHz;
  const whole = new Int16Array(Math.round(samples.length * ratio));
  whole.set(body.subarray(0, whole.length));
  const room = whole.length - body.length;
  if (room > 0) whole.set(rest.subarray(0, room), body.length);
  return whole;
}

function kernel(phase: number, half: number, cutoff: number): Float64Array {
  const weights = new Float64Array(half * 2);
  for (let i = 0; i < weights.length; i++) {
    const distance = i - half + 1 - phase;
    weights[i] = sinc(distance * cutoff) * kaiser(distance / half);
  }
  // Each phase must pass a constant unchanged, or its level buzzes.
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  if (Math.abs(x) >= 1) return 0;
  return bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
