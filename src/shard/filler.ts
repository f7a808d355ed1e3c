/** A soft tone, low enough for any line. */
const TONE_HZ = 400;
const TONE_MS = 320;
const RAMP_MS = 60;
/** About −26 dB of full scale. */
const AMPLITUDE = 1600;
/** From the start of one tone to that of the next. */
const PERIOD_MS = 2500;

/**
 * Tells a caller who hears nothing that the line still lives: a short soft tone
 * after a set silence, and again now and then. Shard's thread.
 */
export class Filler {
  #afterMs: number;
  #play: (samples: Int16Array) => void;
  /** Since when nothing was heard. */
  #silentSinceMs?: number;
  #playedMs = -Infinity;

  /** `afterMs` 0 never plays. */
  constructor(afterMs: number, play: (samples: Int16Array) => void) {
    this.#afterMs = afterMs;
    this.#play = play;
  }

  /** Looks at the time, while nobody can answer; `rateHz` is that of the samples to play. */
  wait(now: { readonly nowMs: number; readonly rateHz: number }): void {
    const { nowMs, rateHz } = now;
    this.#silentSinceMs ??= nowMs;
    if (this.#afterMs === 0) return;
    if (nowMs - this.#silentSinceMs < this.#afterMs) return;
    if (nowMs - this.#playedMs < PERIOD_MS) return;
    this.#playedMs = nowMs;
    this.#play(toneAt(rateHz));
  }

  /** The caller hears something: the tone, or the rest of an answer. */
  heard(): void {
    this.#silentSinceMs = undefined;
  }

  /** Somebody can answer again. */
  stop(): void {
    this.#silentSinceMs = undefined;
    this.#playedMs = -Infinity;
  }
}

const tones = new Map<number, Int16Array>();

/** The tone at a rate in hertz; begins and ends at zero without a step. */
function toneAt(rateHz: number): Int16Array {
  const known = tones.get(rateHz);
  if (known !== undefined) return known;
  const samples = new Int16Array(rateHz * TONE_MS / 1000);
  const ramp = rateHz * RAMP_MS / 1000;
  for (let i = 0; i < samples.length; i++) {
    const edge = Math.min(1, i / ramp, (samples.length - 1 - i) / ramp);
    const level = AMPLITUDE * (1 - Math.cos(Math.PI * edge)) / 2;
    samples[i] = Math.round(
      level * Math.sin(2 * Math.PI * TONE_HZ * i / rateHz),
    );
  }
  tones.set(rateHz, samples);
  return samples;
}
