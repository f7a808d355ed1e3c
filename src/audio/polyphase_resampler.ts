import { type PolyphaseBank, polyphaseBank } from "./polyphase_bank.ts";
import {
  inputRegion,
  MAX_BLOCKS,
  outputRegion,
  resample,
} from "./resample_kernel.ts";
import type { Resampler } from "./resampler.ts";
import { requireOpen, requireRoom } from "./resampler_checks.ts";

const RATES_HZ = [8000, 16000, 24000, 48000];

/** Whether {@linkcode createPolyphaseResampler} converts this pair: two different ones of 8, 16, 24 and 48 kHz. */
export function isPolyphasePair(
  inputRateHz: number,
  outputRateHz: number,
): boolean {
  return inputRateHz !== outputRateHz && RATES_HZ.includes(inputRateHz) &&
    RATES_HZ.includes(outputRateHz);
}

/**
 * A resampler of fixed ratio by a polyphase FIR filter:
 * 92 dB of stopband from 0.575 of the lower rate on, flat to 0.425 of it,
 * 2.5 ms of delay at 8 kHz, some hundred bytes of state. It gives `up` samples
 * for each whole block of `down`, so nothing ever drifts. Worker thread.
 * Throws RangeError for a pair that {@linkcode isPolyphasePair} denies.
 */
export function createPolyphaseResampler(
  inputRateHz: number,
  outputRateHz: number,
): Resampler {
  if (!isPolyphasePair(inputRateHz, outputRateHz)) {
    throw new RangeError(
      `Cannot resample by polyphase: the rates must be two of ${
        RATES_HZ.join(", ")
      } Hz, got ${inputRateHz} and ${outputRateHz}`,
    );
  }
  return new PolyphaseResampler(inputRateHz, outputRateHz);
}

class PolyphaseResampler implements Resampler {
  readonly inputRateHz: number;
  readonly outputRateHz: number;
  readonly #bank: PolyphaseBank;
  /** The blocks before the next one, oldest first, then the samples of a block that is not whole yet. */
  readonly #history: Int16Array;
  /** Where the kernel has the same. */
  readonly #kernelHistory: Int16Array;
  /** The begin of the kernel's output, as long as the latest one was. */
  #kernelOutput = outputRegion;
  readonly #pastSamples: number;
  #pendingSamples = 0;
  #closed = false;

  constructor(inputRateHz: number, outputRateHz: number) {
    this.inputRateHz = inputRateHz;
    this.outputRateHz = outputRateHz;
    const divisor = greatestCommonDivisor(inputRateHz, outputRateHz);
    const down = inputRateHz / divisor;
    this.#bank = polyphaseBank(outputRateHz / divisor, down);
    this.#pastSamples = this.#bank.pastBlocks * down;
    this.#history = new Int16Array(this.#pastSamples + down - 1);
    this.#kernelHistory = inputRegion.subarray(0, this.#history.length);
  }

  maxOutputSamples(inputSamples: number): number {
    return Math.ceil(inputSamples / this.#bank.down) * this.#bank.up;
  }

  process(input: Int16Array, output: Int16Array): number {
    requireOpen(!this.#closed);
    requireRoom(output, this.maxOutputSamples(input.length));
    const most = (MAX_BLOCKS - 1) * this.#bank.down;
    if (input.length <= most) return this.#pass(input, output);
    let written = 0;
    for (let start = 0; start < input.length; start += most) {
      const part = input.subarray(start, start + most);
      written += this.#pass(part, output.subarray(written));
    }
    return written;
  }

  reset() {
    requireOpen(!this.#closed);
    this.#history.fill(0);
    this.#pendingSamples = 0;
  }

  close() {
    this.#closed = true;
  }

  #pass(input: Int16Array, output: Int16Array): number {
    const { address, down } = this.#bank;
    const pending = this.#pendingSamples;
    const samples = pending + input.length;
    inputRegion.set(this.#history);
    inputRegion.set(input, this.#pastSamples + pending);
    const count = resample(address, samples);
    this.#history.set(this.#kernelHistory);
    this.#pendingSamples = samples % down;
    if (this.#kernelOutput.length !== count) {
      this.#kernelOutput = outputRegion.subarray(0, count);
    }
    output.set(this.#kernelOutput);
    return count;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
