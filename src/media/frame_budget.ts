/** Clocks differ: a peer that is this much faster than ours is still in time. */
const TOLERANCE = 1.01;

/**
 * Lets frames pass at the rate of speech, and after a pause at most `most` at
 * once; a part of one counts for frames that come before their time. Any thread.
 */
export class FrameBudget {
  #most: number;
  #frameMs: number;
  // Set from the beginning: V8 keeps a number that was once undefined on its heap, anew with each change.
  #saved = 0;
  #lastMs = 0;

  /** Begins full at `nowMs`, monotonic milliseconds. */
  constructor(
    options: { readonly most: number; readonly frameMs: number },
    nowMs: number,
  ) {
    this.#most = options.most;
    this.#frameMs = options.frameMs;
    this.#saved = options.most;
    this.#lastMs = nowMs;
  }

  /** Whether one frame may pass now; then it is spent. */
  spend(nowMs: number): boolean {
    const earned = (nowMs - this.#lastMs) * TOLERANCE / this.#frameMs;
    this.#lastMs = nowMs;
    this.#saved = Math.min(this.#most, this.#saved + earned);
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}
