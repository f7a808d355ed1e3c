/** More than any conversation brings about. */
const MOST_A_SECOND = 50;
const SECOND_MS = 1000;

/** How many facts a session may still tell: a model that floods it must not flood the main thread. Shard's thread. */
export class FactBudget {
  #sinceMs = -Infinity;
  #spent = 0;

  /** Whether one more may be told now; `nowMs` is monotonic. */
  spend(nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs;
      this.#spent = 0;
    }
    return ++this.#spent <= MOST_A_SECOND;
  }
}
