/** What a model may keep waiting for, each with how long that may last, in milliseconds. */
const MOST_MS = {
  /** The beginning of an answer, which a model tells before it thinks. */
  response: 8_000,
  /** The first sound of an answer that has begun: longer than any model thinks. */
  answer: 15_000,
  /** A sign of life of one that seems not to listen. */
  sign: 5_000,
  /** More of an answer of which the caller has heard all there is: models speak faster than anybody listens. */
  rest: 4_000,
} as const;

/** Who looks less often than this, in milliseconds, stood still, or the machine did: that is no silence of the model. */
const STOOD_STILL_MS = 1000;

/** What is awaited of a model while the caller hears nothing. */
export type Awaited = keyof typeof MOST_MS;

/**
 * Notices a model that is there and does not go on: a supplier's gateway may
 * answer pings for a model behind it that has died. Shard's thread.
 */
export class ModelSilence {
  #awaited?: Awaited;
  #sinceMs = 0;
  #lookedMs = NaN;

  /** How long that has lasted, once it is too long; then it begins anew. To be asked some times a second. */
  overdueMs(awaited: Awaited | undefined, nowMs: number): number | undefined {
    const stoodMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    if (stoodMs > STOOD_STILL_MS) this.#sinceMs += stoodMs;
    if (awaited === undefined || awaited !== this.#awaited) {
      this.#awaited = awaited;
      this.#sinceMs = nowMs;
      return undefined;
    }
    const waitedMs = nowMs - this.#sinceMs;
    if (waitedMs < MOST_MS[awaited]) return undefined;
    this.#sinceMs = nowMs;
    return waitedMs;
  }
}
