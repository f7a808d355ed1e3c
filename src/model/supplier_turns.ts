import type { SupplierBoard } from "./supplier_board.ts";

/** Who is tried, and who has the first turn. */
export interface SupplierTurnsOptions {
  /** Names in the order in which they are tried; at least one. */
  readonly suppliers: readonly string[];
  readonly board: SupplierBoard;
  /** Index of the supplier with whom the first round begins. */
  readonly first: number;
}

/**
 * Whose turn it is: each supplier once a round, and who is unavailable only
 * when nobody is available. Worker thread.
 */
export class SupplierTurns {
  readonly #options: SupplierTurnsOptions;
  /** Who has a turn in this round, and who of them has it. */
  #order: readonly number[];
  #at = 0;
  #rounds = 0;

  constructor(options: SupplierTurnsOptions) {
    this.#options = options;
    this.#order = this.#orderFrom(options.first);
  }

  /** Index of the supplier whose turn it is. */
  get index(): number {
    return this.#order[this.#at];
  }

  /** Rounds that are over. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Whether others have a turn in this round. */
  get isContested(): boolean {
    return this.#order.length > 1;
  }

  /** Whether it is the last turn of the round. */
  get isLast(): boolean {
    return this.#at === this.#order.length - 1;
  }

  /** The next one's turn; after the last a round begins with the first of all. */
  next(): void {
    if (++this.#at < this.#order.length) return;
    this.#at = 0;
    this.#rounds++;
    this.#order = this.#orderFrom(0);
  }

  #orderFrom(first: number): readonly number[] {
    const { suppliers, board } = this.#options;
    const all = suppliers.map((_, i) => (first + i) % suppliers.length);
    const available = all.filter((i) => board.isAvailable(suppliers[i]));
    return available.length > 0 ? available : all;
  }
}
