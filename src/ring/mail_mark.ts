/** Index of the count of messages posted; the sending thread writes it. */
const POSTED = 0;

/** Allocates the shared memory of one mark. */
export function allocateMailMark(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/**
 * How many messages were posted to a thread that works in a loop of its own:
 * while it does, the runtime cannot give it any. It sees here that some wait,
 * and lets the runtime have its turn. One thread posts, one receives.
 */
export class MailMark {
  #words: Int32Array;
  /** What was posted before a receiver has started still comes. */
  #taken = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** A message was posted, which wakes the receiver. For the sending thread. */
  posted(): void {
    Atomics.add(this.#words, POSTED, 1);
    Atomics.notify(this.#words, POSTED);
  }

  /** A message was received. */
  took(): void {
    this.#taken = (this.#taken + 1) | 0;
  }

  /** Whether messages are on their way that were not received yet. */
  get waiting(): boolean {
    return Atomics.load(this.#words, POSTED) !== this.#taken;
  }

  /** Stops the receiving thread for so long, in milliseconds, or until a message waits. */
  sleep(ms: number): void {
    Atomics.wait(this.#words, POSTED, this.#taken, ms);
  }
}
