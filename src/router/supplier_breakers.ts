import type { ModelFailure } from "../shard/protocol.ts";

/** So many failed openings in a row, over all shards, and a supplier rests. */
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

interface Breaker {
  failures: number;
  restMs: number;
  /** Runs while the supplier rests. */
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * A circuit breaker for each supplier, shared by all shards: closed while
 * connections can be opened; open, so that calls go to the next supplier without
 * a try; after a rest half open, when the next outcome decides. Main
 * thread; owns timers until it is closed.
 */
export class SupplierBreakers {
  #options: SupplierBreakersOptions;
  #breakers = new Map<string, Breaker>();

  constructor(options: SupplierBreakersOptions) {
    this.#options = options;
  }

  /** Suppliers that are to be passed over while another one is left. */
  get unavailable(): string[] {
    const resting: string[] = [];
    for (const [supplier, { timer }] of this.#breakers) {
      if (timer !== undefined) resting.push(supplier);
    }
    return resting;
  }

  /** Takes the outcome of an opening, or of a conversation of which nothing came. */
  report(supplier: string, outcome: "ok" | ModelFailure): void {
    const breaker = this.#of(supplier);
    if (outcome === "ok") {
      this.#close(breaker);
      return;
    }
    // Openings that began before the rest change nothing.
    if (breaker.timer !== undefined) return;
    breaker.failures++;
    if (breaker.failures < MOST_FAILURES && !LASTING.has(outcome)) return;
    this.#open(breaker);
  }

  /** Stops all timers. */
  close(): void {
    for (const { timer } of this.#breakers.values()) clearTimeout(timer);
    this.#breakers.clear();
  }

  #of(supplier: string): Breaker {
    let breaker = this.#breakers.get(supplier);
    if (breaker === undefined) {
      breaker = { failures: 0, restMs: REST_MS };
      this.#breakers.set(supplier, breaker);
    }
    return breaker;
  }

  #open(breaker: Breaker): void {
    breaker.timer = setTimeout(() => {
      breaker.timer = undefined;
      // Half open: one more failure is enough.
      breaker.failures = MOST_FAILURES - 1;
      this.#options.changed(this.unavailable);
    }, breaker.restMs);
    breaker.restMs = Math.min(LONGEST_REST_MS, breaker.restMs * 2);
    this.#options.changed(this.unavailable);
  }

  #close(breaker: Breaker): void {
    const rested = breaker.timer !== undefined;
    clearTimeout(breaker.timer);
    breaker.timer = undefined;
    breaker.failures = 0;
    breaker.restMs = REST_MS;
    if (rested) this.#options.changed(this.unavailable);
  }
}
