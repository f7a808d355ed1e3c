import { ModelError, type ModelFailure } from "../shard/speech_model.ts";
import { backoffMs } from "./backoff.ts";
import { pause } from "./pause.ts";
import type { SupplierBoard } from "./supplier_board.ts";
import { SupplierTurns } from "./supplier_turns.ts";

/** One try of one supplier. */
export interface Attempt {
  /** Which supplier. */
  readonly index: number;
  readonly openMs: number;
  readonly signal: AbortSignal;
}

/** What a search has found. */
export interface Found<T> {
  readonly found: T;
  /** Connections that were tried. */
  readonly attempts: number;
}

/** Parts of a {@linkcode SupplierSearch}. */
export interface SupplierSearchOptions<T> {
  /** Names in the order in which they are tried; at least one. */
  readonly suppliers: readonly string[];
  readonly board: SupplierBoard;
  /** Index of the supplier that is tried first. */
  readonly first: number;
  /** Connections that are tried in one turn of a supplier. */
  readonly attempts: number;
  /** For one connection. */
  readonly openMs: number;
  /** For the whole search. */
  readonly giveUpMs: number;
  /** Rejects with ModelError when there is no conversation. */
  readonly connect: (attempt: Attempt) => Promise<T>;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
}

/** A turn in the first round, while others wait for theirs: a caller bears about 3 s. Each round doubles it. */
const TURN_MS = 2000;
/** A connection that is given less has no chance, and its failure would say nothing. */
const LEAST_OPENING_MS = 1000;
/** So many conversations in a row that were lost right after they were opened are a failed opening. */
const MOST_SHORT_LIVES = 3;
/** Repeating does not cure these. */
const LASTING: ReadonlySet<ModelFailure> = new Set<ModelFailure>([
  "unauthorized",
  "payment",
  "not_found",
  "moderated",
  "refused",
]);

/**
 * Looks for a supplier that answers: some tries with each, the next at once
 * when repeating cannot help, round after round. Worker thread. Serves one call,
 * and may be run again when what it found has not lasted.
 */
export class SupplierSearch<T> {
  readonly #options: SupplierSearchOptions<T>;
  readonly #turns: SupplierTurns;
  readonly #failures: number[];
  readonly #shortLives: number[];
  readonly #leastMs: number;
  #sinceMs = 0;
  #turn = { sinceMs: 0, tries: 0 };
  #isPatient = true;
  /** How the newest conversation was lost, once too many have not lasted. */
  #flapping: ModelError | undefined;

  constructor(options: SupplierSearchOptions<T>) {
    this.#options = options;
    this.#turns = new SupplierTurns(options);
    this.#failures = options.suppliers.map(() => 0);
    this.#shortLives = options.suppliers.map(() => 0);
    this.#leastMs = Math.min(LEAST_OPENING_MS, options.openMs);
  }

  /**
   * Tries until a conversation is open, with `isPatient` round after round, else
   * one round. Rejects with the last ModelError when the time is over or the
   * round is, with the signal's reason when that is aborted.
   */
  async run(signal: AbortSignal, isPatient: boolean): Promise<Found<T>> {
    const { connect, nowMs, random } = this.#options;
    this.#isPatient = isPatient;
    // Time goes on over conversations that do not last: they are no answer.
    if (this.#flapping === undefined) this.#sinceMs = nowMs();
    else if (this.#leftMs() < this.#leastMs) throw this.#flapping;
    this.#beginTurn();
    for (let attempts = 1;; attempts++) {
      const waitMs = backoffMs(this.#failures[this.#turns.index], random);
      await pause(Math.min(waitMs, Math.max(0, this.#leftMs())), signal);
      signal.throwIfAborted();
      const { index } = this.#turns;
      try {
        const openMs = this.#openMs();
        return { found: await connect({ index, openMs, signal }), attempts };
      } catch (error) {
        if (signal.aborted || !(error instanceof ModelError)) throw error;
        this.#fail(error.kind);
        const isOver = !isPatient && this.#turns.rounds > 0;
        if (isOver || this.#leftMs() < this.#leastMs) throw error;
      }
    }
  }

  /** The conversation that was found was lost right after it was opened. */
  shortLived(failure: ModelError): void {
    const { suppliers, board } = this.#options;
    const { index } = this.#turns;
    if (++this.#shortLives[index] < MOST_SHORT_LIVES) return;
    this.#flapping = failure;
    board.report(suppliers[index], failure.kind);
    this.#failures[index]++;
    this.#turns.next();
  }

  #beginTurn(): void {
    this.#turn = { sinceMs: this.#options.nowMs(), tries: 0 };
  }

  #fail(kind: ModelFailure): void {
    this.#failures[this.#turns.index]++;
    const isSpent = ++this.#turn.tries >= this.#options.attempts;
    if (
      !isSpent && !LASTING.has(kind) && this.#turnLeftMs() >= this.#leastMs
    ) return;
    this.#turns.next();
    this.#beginTurn();
  }

  #openMs(): number {
    const { openMs } = this.#options;
    const mostMs = Math.min(openMs, this.#turnLeftMs(), this.#leftMs());
    return Math.max(this.#leastMs, mostMs);
  }

  #turnLeftMs(): number {
    const { isContested, isLast, rounds } = this.#turns;
    const isAwaited = this.#isPatient ? isContested : !isLast;
    if (!isAwaited) return Infinity;
    const turnMs = TURN_MS * 2 ** rounds;
    return this.#turn.sinceMs + turnMs - this.#options.nowMs();
  }

  #leftMs(): number {
    const { giveUpMs, nowMs } = this.#options;
    return this.#sinceMs + giveUpMs - nowMs();
  }
}
