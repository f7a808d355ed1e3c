/** Says that nobody's work is under way. */
const NOBODY = 0;

/** Allocates the shared memory of one mark. */
export function allocateWorkMark(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/**
 * Whose work a thread has in hand, left where another thread finds it when the
 * first one dies or hangs. One thread writes, with serial numbers greater than 0.
 */
export class WorkMark {
  #word: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#word = new Int32Array(buffer);
  }

  /** Begins somebody's work; returns whose was under way, for its {@linkcode end}. */
  begin(serial: number): number {
    return Atomics.exchange(this.#word, 0, serial);
  }

  /** The work is done, and that of `before`, within which it was done, goes on. */
  end(before: number = NOBODY): void {
    Atomics.store(this.#word, 0, before);
  }

  /** Whose work is under way; undefined for nobody's. */
  get current(): number | undefined {
    const serial = Atomics.load(this.#word, 0);
    return serial === NOBODY ? undefined : serial;
  }
}
