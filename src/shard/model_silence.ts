/** What a model may keep waiting for, each with how long that may last, in milliseconds. */
const MOST_MS = {
  /** The first sound of an answer: longer than any model thinks. */
  answer: 15_000,
  /** More of an answer of which the caller has heard all there is: models speak faster than anybody listens. */
  rest: 4_000,
  /** The notice that the caller has stopped: longer than anybody speaks without a pause. */
  end_of_speech: 60_000,
} as const;

/** What is awaited of a model while the caller hears nothing. */
export type Awaited = keyof typeof MOST_MS;

/**
 * Notices a model that is there and does not go on: a supplier's gateway may
 * answer pings for a model behind it that has died. Shard's thread.
 */
export class ModelSilence {
  #awaited?: Awaited;
  #sinceMs = 0;

  /** How long that has lasted, once it is too long; then it begins anew. */
  overdueMs(awaited: Awaited | undefined, nowMs: number): number | undefined {
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
