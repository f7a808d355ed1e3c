import type { SupplierOutcome } from "../shard/speech_model.ts";

/** Which suppliers are worth a try, as all shards together have found. Worker thread. */
export interface SupplierBoard {
  /** False while it is to be passed over, as long as another one is left. */
  isAvailable(supplier: string): boolean;
  /** Takes how an opening went, or what came of a conversation; the loss of a running one is neither. */
  report(supplier: string, outcome: SupplierOutcome): void;
}

/** A board for somebody who is alone: every supplier is available. */
export const OPEN_BOARD: SupplierBoard = {
  isAvailable: () => true,
  report() {},
};

/** A board that is told from elsewhere who is unavailable, and tells outcomes there. Worker thread. */
export class ToldSupplierBoard implements SupplierBoard {
  readonly #told: SupplierBoard["report"];
  #unavailable: ReadonlySet<string> = new Set();

  /** `told` hears each outcome. */
  constructor(told: SupplierBoard["report"]) {
    this.#told = told;
  }

  /** Replaces the suppliers that are to be passed over. */
  update(unavailable: readonly string[]): void {
    this.#unavailable = new Set(unavailable);
  }

  isAvailable(supplier: string): boolean {
    return !this.#unavailable.has(supplier);
  }

  report(supplier: string, outcome: SupplierOutcome): void {
    this.#told(supplier, outcome);
  }
}
