import type { SessionFact } from "./protocol.ts";

/** More than any conversation brings about. */
const MOST_A_SECOND = 50;
const SECOND_MS = 1000;
/** A model that is wrong more often is not heard any more: its errors must not drown those of others. */
const MOST_COMPLAINTS = 200;

/** A fact, or a function that the model calls. */
type Told = { readonly fact: SessionFact["fact"] | "function" };

/** Which facts a session may still tell: a model that floods it must not flood the main thread. Shard's thread. */
export class FactBudget {
  #sinceMs = -Infinity;
  #spent = 0;
  #complaints = 0;

  /** Whether this one may be told now; `nowMs` is monotonic. */
  spend({ fact }: Told, nowMs: number): boolean {
    if (fact === "complaint" && ++this.#complaints > MOST_COMPLAINTS) {
      return false;
    }
    // The transcript has bounds of its own, and a gap in it would shift the rest.
    if (fact === "said") return true;
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs;
      this.#spent = 0;
    }
    return ++this.#spent <= MOST_A_SECOND;
  }
}
