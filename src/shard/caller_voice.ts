/** Mean of the samples' magnitude from which on somebody may speak: about −36 dB of full scale. */
const LOUD = 400;
/** Speech stands out of the line's own noise by so much. */
const ABOVE_NOISE = 4;
/** The noise that is believed in doubles in 14 s, and is no more than what is heard. */
const NOISE_GROWTH_A_MS = 5e-5;
/** A cough is shorter, in milliseconds. */
const SHORTEST_MS = 400;
/** Nobody speaks for so long without a pause, in milliseconds: that is music. */
const LONGEST_MS = 15_000;
/** So much quiet ends an utterance, in milliseconds. */
const PAUSE_MS = 800;
/** Each so many samples one is looked at: a level needs no more. */
const STRIDE = 8;

/**
 * Knows by the line's level when somebody has said something, and for how long it
 * has been quiet: no more than is needed to notice a model that does not listen.
 * Shard's thread.
 */
export class CallerVoice {
  #noise = Infinity;
  #speechMs = 0;
  #pauseMs = 0;
  #spanMs = 0;
  #quietMs = 0;

  /** For how long nothing was loud, whatever the noise, in milliseconds. */
  get quietMs(): number {
    return this.#quietMs;
  }

  /** Takes some tens of milliseconds of the line, at any rate; whether an utterance has ended with it, its pause included. */
  hear(samples: Int16Array, ms: number): boolean {
    const level = levelOf(samples);
    this.#noise = Math.min(level, this.#noise * (1 + NOISE_GROWTH_A_MS * ms));
    this.#quietMs = level < LOUD / 2 ? this.#quietMs + ms : 0;
    const isSpeech = level >= LOUD && level >= ABOVE_NOISE * this.#noise;
    if (isSpeech) {
      this.#speechMs += ms;
      this.#pauseMs = 0;
    } else if (this.#spanMs > 0) this.#pauseMs += ms;
    if (isSpeech || this.#spanMs > 0) this.#spanMs += ms;
    return this.#pauseMs >= PAUSE_MS && this.#endUtterance();
  }

  /** Begins anew: what was heard does not count. The noise is kept. */
  forget(): void {
    this.#speechMs =
      this.#pauseMs =
      this.#spanMs =
      this.#quietMs =
        0;
  }

  /** Whether what ends was one. */
  #endUtterance(): boolean {
    const [speechMs, spanMs] = [this.#speechMs, this.#spanMs];
    const { quietMs } = this;
    this.forget();
    this.#quietMs = quietMs;
    return speechMs >= SHORTEST_MS && spanMs - PAUSE_MS <= LONGEST_MS;
  }
}

function levelOf(samples: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i += STRIDE) sum += Math.abs(samples[i]);
  return sum / Math.ceil(samples.length / STRIDE);
}
