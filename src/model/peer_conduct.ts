const MOST_IN_A_ROW = 20;
const MOST_UNKNOWN_NAMES = 32;
const REPORTS_A_WINDOW = 20;
const WINDOW_MS = 60_000;

/**
 * Counts what a peer does wrong, and says what is worth a report: each unknown
 * type once, and at most twenty violations a minute. Worker thread.
 */
export class PeerConduct {
  readonly #nowMs: () => number;
  readonly #names = new Set<string>();
  #inARow = 0;
  #windowStartMs = -Infinity;
  #reports = 0;

  /** `nowMs` is a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** It kept to the protocol. */
  good(): void {
    this.#inARow = 0;
  }

  /** It broke the protocol; says whether to report that, or to end the session. */
  violation(): "report" | "silence" | "end" {
    if (++this.#inARow >= MOST_IN_A_ROW) return "end";
    const nowMs = this.#nowMs();
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#reports = 0;
    }
    return ++this.#reports <= REPORTS_A_WINDOW ? "report" : "silence";
  }

  /** It sent an event of a type that we do not know; true the first time of a name. */
  unknown(name: string): boolean {
    if (this.#names.size >= MOST_UNKNOWN_NAMES || this.#names.has(name)) {
      return false;
    }
    this.#names.add(name);
    return true;
  }
}
