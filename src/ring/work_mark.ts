/** Says that nobody's work is under way. */
const NOBODY = 0;

/** Index of whose work it is. */
const WHOSE = 0;
/** Index of the count of rounds. */
const ROUNDS = 1;

/** Index of the longest that a round was late, in microseconds, since it was asked for. */
const LATE = 2;

/** Index of the thread's number in the system; 0 while it is not known. */
const THREAD = 3;
/** Index of whether it was dismissed. */
const DISMISSED = 4;
const WORDS = 5;

/** Allocates the shared memory of one mark. */
export function allocateWorkMark(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * WORDS);
}

/**
 * Whose work a thread has in hand, left where another thread finds it when the
 * first one dies or hangs, and how often it has come round, which tells one that
 * hangs from one that is late. One thread writes, with serial numbers greater than 0.
 * Whose work it is changes with every frame, and nothing else depends on it, so
 * that it is left by plain stores: who reads it waits for the thread's end first.
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

  /** Leaves the thread's number in the system, by which another may find it. */
  introduce(thread: number): void {
    Atomics.store(this.#words, THREAD, thread);
  }

  /** The thread's number in the system; undefined while it is not known. */
  get thread(): number | undefined {
    const thread = Atomics.load(this.#words, THREAD);
    return thread === 0 ? undefined : thread;
  }

  /**
   * Another has taken this thread's place: should it come round once more, it
   * is to touch nothing. The runtime does not end a thread that never comes
   * back from its work (Deno 2.9.6).
   */
  dismiss(): void {
    Atomics.store(this.#words, DISMISSED, 1);
  }

  /** Whether another has taken its place. */
  get isDismissed(): boolean {
    return Atomics.load(this.#words, DISMISSED) === 1;
  }

  /** The thread has come round so late, in milliseconds. */
  late(ms: number): void {
    const us = Math.round(Math.min(ms, 1e6) * 1000);
    if (us > this.#words[LATE]) Atomics.store(this.#words, LATE, us);
  }

  /** How late the thread has come round at most since this was asked for, in milliseconds, for another thread. */
  takeLateMs(): number {
    return Atomics.exchange(this.#words, LATE, 0) / 1000;
  }

  /** Begins somebody's work; returns whose was under way, for its {@linkcode end}. */
  begin(serial: number): number {
    const before = this.#words[WHOSE];
    this.#words[WHOSE] = serial;
    return before;
  }

  /** The work is done, and that of `before`, within which it was done, goes on. */
  end(before: number = NOBODY): void {
    this.#words[WHOSE] = before;
  }

  /** Whose work is under way; undefined for nobody's. */
  get current(): number | undefined {
    const serial = Atomics.load(this.#words, WHOSE);
    return serial === NOBODY ? undefined : serial;
  }
}
