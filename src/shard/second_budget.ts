const SECOND_MS = 1000;

/** So many of something in a second, and no more. Any thread. */
export class SecondBudget {
  readonly #most: number;
  #sinceMs = -Infinity;
  #spent = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether there may be one more now; `nowMs` is monotonic. */
  spend(nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs;
      this.#spent = 0;
    }
    return ++this.#spent <= this.#most;
  }
}
