import { convolve, lines, MAX_BLOCKS, sums } from "./convolver.ts";
import { type PolyphaseBank, polyphaseBank } from "./polyphase_bank.ts";
import type { Resampler } from "./resampler.ts";
import { requireOpen, requireRoom } from "./resampler_checks.ts";
import { roundToInt16 } from "./round.ts";

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
  /** Samples of the whole blocks in the history. */
  readonly #keptSamples: number;
  #pendingSamples = 0;
  #closed = false;

  constructor(inputRateHz: number, outputRateHz: number) {
    this.inputRateHz = inputRateHz;
    this.outputRateHz = outputRateHz;
    const divisor = greatestCommonDivisor(inputRateHz, outputRateHz);
    const down = inputRateHz / divisor;
    this.#bank = polyphaseBank(outputRateHz / divisor, down);
    this.#keptSamples = (this.#bank.lengthBlocks - 1) * down;
    this.#history = new Int16Array(this.#keptSamples + down - 1);
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
    const { up, down } = this.#bank;
    const samples = this.#pendingSamples + input.length;
    const blocks = Math.floor(samples / down);
    for (let branch = 0; blocks > 0 && branch < down; branch++) {
      this.#load(branch, input, blocks);
    }
    this.#remember(input, samples - blocks * down);
    for (let phase = 0; blocks > 0 && phase < up; phase++) {
      this.#write(phase, output, blocks);
    }
    return blocks * up;
  }

  /** Lays out every `down`-th sample, so that the filter steps by one. */
  #load(branch: number, input: Int16Array, blocks: number) {
    const { down, lengthBlocks } = this.#bank;
    const history = this.#history;
    const line = lines[branch];
    const known = this.#keptSamples + this.#pendingSamples;
    const length = lengthBlocks - 1 + blocks;
    let block = 0;
    let at = branch;
    for (; at < known; at += down) line[block++] = history[at];
    at -= known;
    for (; block < length; at += down) line[block++] = input[at];
  }

  #write(phase: number, output: Int16Array, blocks: number) {
    const { up, filters } = this.#bank;
    const branches = filters[phase];
    sums.fill(0);
    for (let branch = 0; branch < branches.length; branch++) {
      convolve(branches[branch], branch, blocks);
    }
    let at = phase;
    for (let block = 0; block < blocks; block++, at += up) {
      output[at] = roundToInt16(sums[block]);
    }
  }

  /** Keeps the newest blocks and `pending` samples of what was known and of the input. */
  #remember(input: Int16Array, pending: number) {
    const history = this.#history;
    const kept = this.#keptSamples + pending;
    const known = this.#keptSamples + this.#pendingSamples;
    const old = Math.max(0, kept - input.length);
    history.copyWithin(0, known - old, known);
    let at = input.length - (kept - old);
    for (let index = old; index < kept; index++) history[index] = input[at++];
    this.#pendingSamples = pending;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
