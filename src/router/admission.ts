/** Why a call was not taken. */
export type Refusal =
  | "capacity"
  | "draining"
  | "duplicate"
  | "unready"
  /** The event loops are late, or rings overflow. */
  | "overload"
  /** The day's budget is spent. */
  | "budget";

/**
 * Counts the calls that the node holds and lets no more in than it may. Main
 * thread; taking a place is one step, so that the limit is exact under any burst.
 */
export class Admission {
  #most: number;
  #taken = new Set<string>();
  #draining = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** Calls that hold a place. */
  get taken(): number {
    return this.#taken.size;
  }

  /** Whether new calls are refused because the node is leaving. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Takes a place for a call, or says why there is none. */
  admit(callId: string): Refusal | undefined {
    if (this.#draining) return "draining";
    if (this.#taken.has(callId)) return "duplicate";
    if (this.#taken.size >= this.#most) return "capacity";
    this.#taken.add(callId);
    return undefined;
  }

  /** Gives the call's place back; may be called twice. */
  release(callId: string): void {
    this.#taken.delete(callId);
  }

  /** Lets nobody in from now on. */
  drain(): void {
    this.#draining = true;
  }
}
