import type { SessionFact } from "./protocol.ts";
import { SecondBudget } from "./second_budget.ts";

/** More than any conversation brings about. */
const MOST_A_SECOND = 50;
/** A model that is wrong more often is not heard any more: its errors must not drown those of others. */
const MOST_COMPLAINTS = 200;

/** Which facts a session may still tell: a model that floods it must not flood the main thread. Shard's thread. */
export class FactBudget {
  #facts = new SecondBudget(MOST_A_SECOND);
  #complaints = 0;

  /** Whether this one may be told now; `nowMs` is monotonic. */
  spend({ fact }: SessionFact, nowMs: number): boolean {
    if (fact === "complaint" && ++this.#complaints > MOST_COMPLAINTS) {
      return false;
    }
    // The transcript has bounds of its own, and a gap in it would shift the rest.
    return fact === "said" || this.#facts.spend(nowMs);
  }
}
