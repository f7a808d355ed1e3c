import type { Resampler } from "../src/audio/resampler.ts";
import { exactTone, fitTone, tone } from "./test_tone.ts";

/** What a resampler does to tones of -1 dB of full scale; ideal 16-bit output would give 97.1 dB SINAD. */
export interface AudioQuality {
  /** Tone to everything that the resampler added, rounding included, at 1004 Hz, in dB. */
  readonly sinad1kHzDb: number;
  /** The same at 3004 Hz. */
  readonly sinad3kHzDb: number;
  /** Strongest image or alias of a tone outside the transition band, in dB of that tone. */
  readonly worstImageDb: number;
  /** Largest deviation from 0 dB up to 0.425 of the lower rate: 3.4 kHz at 8 kHz. */
  readonly rippleDb: number;
  /** From a sample going in to the same moment coming out. */
  readonly delayMs: number;
}

/** Passband and stopband begin where telephony at the lower rate wants them. */
const PASS_EDGE = 0.425;
const STOP_EDGE = 0.575;
const SWEEP_STEPS = 40;
const AMPLITUDE = 29203;
/** Brings errors of half a step to full scale. */
const MAGNIFIED = 60000;
const SETTLING_S = 0.1;
/** Tones are multiples of 4 Hz, so that this many seconds hold whole periods of all. */
const WINDOW_S = 0.25;
const GRID_HZ = 4;
const DURATION_S = 2 * SETTLING_S + WINDOW_S;

/** Measures a resampler, which it resets before each tone. Any thread. */
export function measureQuality(resampler: Resampler): AudioQuality {
  const { inputRateHz, outputRateHz } = resampler;
  const lowerHz = Math.min(inputRateHz, outputRateHz);
  const passHz = sweep(100, PASS_EDGE * lowerHz);
  const stopHz = inputRateHz > outputRateHz
    ? sweep(STOP_EDGE * lowerHz, inputRateHz / 2 - 100)
    : [];
  const images = [...passHz, ...stopHz].map((hz) => worstImage(resampler, hz));
  const ripples = passHz.map((hz) => Math.abs(decibels(gain(resampler, hz))));
  return {
    sinad1kHzDb: sinadDb(resampler, 1004),
    sinad3kHzDb: sinadDb(resampler, 3004),
    worstImageDb: decibels(Math.max(...images)),
    rippleDb: Math.max(...ripples),
    delayMs: delayMs(resampler),
  };
}

/** Sends `input` through in frames of 20 ms. */
export function convert(resampler: Resampler, input: Int16Array): Int16Array {
  resampler.reset();
  const frame = Math.max(1, Math.round(resampler.inputRateHz / 50));
  const room = resampler.maxOutputSamples(frame);
  const frames = Math.ceil(input.length / frame);
  const output = new Int16Array(frames * room);
  let written = 0;
  for (let at = 0; at < input.length; at += frame) {
    const chunk = input.subarray(at, at + frame);
    written += resampler.process(chunk, output.subarray(written));
  }
  return output.subarray(0, written);
}

/**
 * Rounding the tone to 16 bits is no fault of the resampler: what becomes of
 * that error is found by sending it through on its own, magnified, and taken off.
 */
function sinadDb(resampler: Resampler, hz: number): number {
  const { inputRateHz: rateHz, outputRateHz } = resampler;
  const exact = exactTone({ rateHz, hz, amplitude: AMPLITUDE }, DURATION_S);
  const error = exact.map((x) => MAGNIFIED * (Math.round(x) - x));
  const sound = steady(resampler, Int16Array.from(exact, Math.round));
  const passed = steady(resampler, Int16Array.from(error, Math.round));
  const clean = Float64Array.from(sound, (x, i) => x - passed[i] / MAGNIFIED);
  const signal = fitTone(clean, outputRateHz, hz).amplitude ** 2 / 2;
  const all = clean.reduce((sum, x) => sum + x * x, 0) / clean.length;
  return 10 * Math.log10(signal / (all - signal));
}

function gain(resampler: Resampler, hz: number): number {
  const out = steadyTone(resampler, hz);
  return fitTone(out, resampler.outputRateHz, hz).amplitude / AMPLITUDE;
}

/** The strongest of all places where a tone can come out again but its own. */
function worstImage(resampler: Resampler, hz: number): number {
  const { inputRateHz, outputRateHz } = resampler;
  const out = steadyTone(resampler, hz);
  const places = new Set<number>();
  for (let copy = 0; copy * inputRateHz <= 6 * outputRateHz; copy++) {
    places.add(fold(copy * inputRateHz + hz, outputRateHz));
    places.add(fold(Math.abs(copy * inputRateHz - hz), outputRateHz));
  }
  if (hz < STOP_EDGE * Math.min(inputRateHz, outputRateHz)) places.delete(hz);
  const levels = [...places].map((place) =>
    fitTone(out, outputRateHz, place).amplitude / AMPLITUDE
  );
  return Math.max(...levels);
}

function delayMs(resampler: Resampler): number {
  const { inputRateHz, outputRateHz } = resampler;
  const hz = 100;
  const input = tone(
    { rateHz: inputRateHz, hz, amplitude: AMPLITUDE },
    DURATION_S,
  );
  const out = convert(resampler, input);
  const withheldS = input.length / inputRateHz - out.length / outputRateHz;
  const start = Math.round(SETTLING_S * outputRateHz);
  const window = out.subarray(start, start + WINDOW_S * outputRateHz);
  const { phase } = fitTone(window, outputRateHz, hz);
  const shiftS = -phase / (2 * Math.PI * hz) + SETTLING_S;
  // A phase says nothing of whole periods; a resampler delays less than half of one.
  const period = 1 / hz;
  return 1000 * (withheldS + shiftS - period * Math.round(shiftS / period));
}

function steadyTone(resampler: Resampler, hz: number): Int16Array {
  const { inputRateHz: rateHz } = resampler;
  const input = tone({ rateHz, hz, amplitude: AMPLITUDE }, DURATION_S);
  return steady(resampler, input);
}

/** What comes out when the begin has passed, over whole periods. */
function steady(resampler: Resampler, input: Int16Array): Int16Array {
  const { outputRateHz } = resampler;
  const out = convert(resampler, input);
  const start = Math.round(SETTLING_S * outputRateHz);
  return out.subarray(start, start + WINDOW_S * outputRateHz);
}

function sweep(fromHz: number, toHz: number): number[] {
  return Array.from({ length: SWEEP_STEPS + 1 }, (_, step) => {
    const hz = fromHz + (toHz - fromHz) * step / SWEEP_STEPS;
    return GRID_HZ * Math.round(hz / GRID_HZ);
  });
}

function fold(hz: number, rateHz: number): number {
  const rest = hz % rateHz;
  return Math.min(rest, rateHz - rest);
}

function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}
