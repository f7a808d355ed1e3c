/** Says that nobody's work is under way. */
const NOBODY = 0;

/** Index of whose work it is. */
const WHOSE = 0;
/** Index of the count of rounds. */
const ROUNDS = 1;

/** Allocates the shared memory of one mark. */
export function allocateWorkMark(): SharedArrayBuffer {
  return new SharedArrayBuffer(8);
}

/**
 * Whose work a thread has in hand, left where another thread finds it when the
 * first one dies or hangs, and how often it has come round, which tells one that
 * hangs from one that is late. One thread writes, with serial numbers greater than 0.
 */
export class WorkMark {
  #words: Int32Array;
  #rounds = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** The thread has come round once more. */
  round(): void {
    this.#rounds = (this.#rounds + 1) | 0;
    Atomics.store(this.#words, ROUNDS, this.#rounds);
  }

  /** How often the thread has come round, for another thread. */
  get rounds(): number {
    return Atomics.load(this.#words, ROUNDS);
  }

  /** Begins somebody's work; returns whose was under way, for its {@linkcode end}. */
  begin(serial: number): number {
    return Atomics.exchange(this.#words, WHOSE, serial);
  }

  /** The work is done, and that of `before`, within which it was done, goes on. */
  end(before: number = NOBODY): void {
    Atomics.store(this.#words, WHOSE, before);
  }

  /** Whose work is under way; undefined for nobody's. */
  get current(): number | undefined {
    const serial = Atomics.load(this.#words, WHOSE);
    return serial === NOBODY ? undefined : serial;
  }
}
