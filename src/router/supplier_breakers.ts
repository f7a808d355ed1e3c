import type { ModelFailure, SupplierOutcome } from "../shard/protocol.ts";

/** So many failures in a row, over all shards, and a supplier rests. */
const MOST_FAILURES = 5;
const REST_MS = 10_000;
const LONGEST_REST_MS = 300_000;
/** What repeating does not cure: the supplier rests at once. */
const LASTING: ReadonlySet<string> = new Set<ModelFailure>([
  "unauthorized",
  "payment",
  "not_found",
]);

/** Parts of {@linkcode SupplierBreakers}. */
export interface SupplierBreakersOptions {
  /** Hears which suppliers are to be passed over, at each change. */
  readonly changed: (unavailable: readonly string[]) => void;
}

/**
 * Circuit breakers for each supplier, shared by all shards: closed while all
 * is well; open, so that calls go to the next supplier without a try; after a
 * rest half open, when the next outcome decides. One is for openings, and one for
 * what comes of conversations: a supplier that is down behind its gateway opens
 * them all. Main thread; owns timers until it is closed.
 */
export class SupplierBreakers {
  #options: SupplierBreakersOptions;
  #openings = new Map<string, Breaker>();
  #answers = new Map<string, Breaker>();

  constructor(options: SupplierBreakersOptions) {
    this.#options = options;
  }

  /** Suppliers that are to be passed over while another one is left. */
  get unavailable(): string[] {
    const resting = new Set<string>();
    for (const breakers of [this.#openings, this.#answers]) {
      for (const [supplier, { isOpen }] of breakers) {
        if (isOpen) resting.add(supplier);
      }
    }
    return [...resting];
  }

  /** Takes what a supplier did with a conversation. */
  report(supplier: string, outcome: SupplierOutcome): void {
    const isOfOpening = outcome !== "answered" && outcome !== "abandoned";
    const breaker = this.#of(
      isOfOpening ? this.#openings : this.#answers,
      supplier,
    );
    if (outcome === "ok" || outcome === "answered") breaker.close();
    else breaker.fail(LASTING.has(outcome));
  }

  /** Stops all timers. */
  close(): void {
    for (const breakers of [this.#openings, this.#answers]) {
      for (const breaker of breakers.values()) breaker.stop();
      breakers.clear();
    }
  }

  #of(breakers: Map<string, Breaker>, supplier: string): Breaker {
    const breaker = breakers.get(supplier) ??
      new Breaker(() => this.#options.changed(this.unavailable));
    breakers.set(supplier, breaker);
    return breaker;
  }
}

class Breaker {
  #changed: () => void;
  #failures = 0;
  #restMs = REST_MS;
  /** Runs while it is open. */
  #timer?: ReturnType<typeof setTimeout>;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get isOpen(): boolean {
    return this.#timer !== undefined;
  }

  fail(isLasting: boolean): void {
    // What began before the rest changes nothing.
    if (this.isOpen) return;
    this.#failures++;
    if (this.#failures < MOST_FAILURES && !isLasting) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // Half open: one more failure is enough.
      this.#failures = MOST_FAILURES - 1;
      this.#changed();
    }, this.#restMs);
    this.#restMs = Math.min(LONGEST_REST_MS, this.#restMs * 2);
    this.#changed();
  }

  close(): void {
    const wasOpen = this.isOpen;
    this.stop();
    this.#failures = 0;
    this.#restMs = REST_MS;
    if (wasOpen) this.#changed();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
