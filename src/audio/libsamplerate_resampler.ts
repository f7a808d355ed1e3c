import lsr from "@alexanderolsen/libsamplerate-js";
import type { Resampler } from "./resampler.ts";
import { requireOpen, requireRate, requireRoom } from "./resampler_checks.ts";
import { roundToInt16 } from "./round.ts";

/** libsamplerate's SRC_SINC_FASTEST. */
const SINC_FASTEST = 2;
const FULL_SCALE = 32768;
/** The most samples that are converted at once: 20 ms at 48 kHz. */
const PASS_SAMPLES = 960;
/** Converters kept for reuse: each holds 3.4 MB and took 5.8 ms to make. */
const MAX_IDLE_OF_A_PAIR = 4;
const MAX_IDLE = 16;

interface Converter {
  readonly src: Awaited<ReturnType<typeof lsr.create>>;
  readonly input: Float32Array;
  /** The begin of `input` with the length of the latest chunk, so that equal chunks need no new view. */
  chunk: Float32Array;
  readonly output: Float32Array;
  readonly written: { frames: number };
}

const idle = new Map<string, Converter[]>();
let idleCount = 0;

/**
 * Makes a resampler between any two rates of 8000 to 48000 Hz by libsamplerate
 * (sinc, fastest), each with a heap of its own, which is kept when it is
 * closed, reset and used again. Worker thread. It cuts off early: 9 dB are
 * lost at 0.425 of the lower rate. Rejects with RangeError for other rates and
 * for equal ones.
 */
export async function createLibsamplerateResampler(
  inputRateHz: number,
  outputRateHz: number,
): Promise<Resampler> {
  requireRate(inputRateHz);
  requireRate(outputRateHz);
  if (inputRateHz === outputRateHz) {
    throw new RangeError(
      `Cannot resample by libsamplerate: the rates must differ, got twice ${inputRateHz}`,
    );
  }
  const converter = takeIdle(inputRateHz, outputRateHz) ??
    await createConverter(inputRateHz, outputRateHz);
  return new LibsamplerateResampler(inputRateHz, outputRateHz, converter);
}

class LibsamplerateResampler implements Resampler {
  readonly inputRateHz: number;
  readonly outputRateHz: number;
  #converter?: Converter;

  constructor(
    inputRateHz: number,
    outputRateHz: number,
    converter: Converter,
  ) {
    this.inputRateHz = inputRateHz;
    this.outputRateHz = outputRateHz;
    this.#converter = converter;
  }

  maxOutputSamples(inputSamples: number): number {
    return maxOutput(inputSamples, this.inputRateHz, this.outputRateHz);
  }

  process(input: Int16Array, output: Int16Array): number {
    const converter = this.#open();
    requireRoom(output, this.maxOutputSamples(input.length));
    let written = 0;
    for (let start = 0; start < input.length; start += PASS_SAMPLES) {
      const samples = Math.min(PASS_SAMPLES, input.length - start);
      fill(converter, samples);
      for (let i = 0; i < samples; i++) {
        converter.chunk[i] = input[start + i] / FULL_SCALE;
      }
      converter.src.full(converter.chunk, converter.output, converter.written);
      const { frames } = converter.written;
      for (let i = 0; i < frames; i++) {
        output[written++] = roundToInt16(converter.output[i] * FULL_SCALE);
      }
    }
    return written;
  }

  reset() {
    restart(this.#open());
  }

  close() {
    if (this.#converter === undefined) return;
    keepIdle(this.#converter, this.inputRateHz, this.outputRateHz);
    this.#converter = undefined;
  }

  #open(): Converter {
    requireOpen(this.#converter !== undefined);
    return this.#converter!;
  }
}

/** libsamplerate counts in floating point, and so may be one sample early. */
function maxOutput(samples: number, inputRateHz: number, outputRateHz: number) {
  return samples === 0
    ? 0
    : Math.ceil(samples * outputRateHz / inputRateHz) + 1;
}

function fill(converter: Converter, samples: number) {
  if (converter.chunk.length === samples) return;
  converter.chunk = converter.input.subarray(0, samples);
}

async function createConverter(
  inputRateHz: number,
  outputRateHz: number,
): Promise<Converter> {
  const input = new Float32Array(PASS_SAMPLES);
  return {
    src: await lsr.create(1, inputRateHz, outputRateHz, {
      converterType: SINC_FASTEST,
    }),
    input,
    chunk: input,
    output: new Float32Array(
      maxOutput(PASS_SAMPLES, inputRateHz, outputRateHz),
    ),
    written: { frames: 0 },
  };
}

/** Setting the type, to whatever value, deletes the converter's state and makes a new one. */
function restart(converter: Converter) {
  converter.src.converterType = SINC_FASTEST;
}

function takeIdle(
  inputRateHz: number,
  outputRateHz: number,
): Converter | undefined {
  const converter = idle.get(`${inputRateHz}:${outputRateHz}`)?.pop();
  if (converter === undefined) return undefined;
  idleCount--;
  restart(converter);
  return converter;
}

function keepIdle(
  converter: Converter,
  inputRateHz: number,
  outputRateHz: number,
) {
  const key = `${inputRateHz}:${outputRateHz}`;
  const kept = idle.get(key) ?? [];
  if (kept.length >= MAX_IDLE_OF_A_PAIR || idleCount >= MAX_IDLE) {
    converter.src.destroy();
    return;
  }
  kept.push(converter);
  idle.set(key, kept);
  idleCount++;
}
