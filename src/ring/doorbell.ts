/** Index of the count of presses; the ringing thread writes it. */
const RUNG = 0;
/** Who pressed, the newest over the oldest; the ringing thread writes them. A cache line behind the count. */
const FIRST = 16;
/** More than a thousand calls press in the longest pause that a shard is meant to make. */
const REMEMBERED = 4096;

/** Allocates the shared memory of one doorbell. */
export function allocateDoorbell(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * (FIRST + REMEMBERED));
}

/** A call's button of a {@linkcode Doorbell}. */
export interface DoorbellButton {
  /** Tells the other thread that there is something to do for this call. Never waits, and wakes nobody. */
  press(): void;
}

/**
 * The bell's end of the thread that rings: tells one other thread, which comes
 * round every few milliseconds, for whom there is something to do.
 */
export class Doorbell {
  #words: Int32Array;
  #rung: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#rung = Atomics.load(this.#words, RUNG);
  }

  /** The button of the call that the other thread knows by this number. */
  button(call: number): DoorbellButton {
    return { press: () => this.#press(call) };
  }

  #press(call: number): void {
    this.#words[FIRST + (this.#rung & (REMEMBERED - 1))] = call;
    this.#rung = (this.#rung + 1) | 0;
    // Counting last is what makes the number visible to the other thread.
    Atomics.store(this.#words, RUNG, this.#rung);
  }
}

/** The chime: the end of the thread that is told. */
export class DoorbellChime {
  #words: Int32Array;
  #heard: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#heard = Atomics.load(this.#words, RUNG);
  }

  /** Tells who has pressed since the last time, some of them twice; false when more pressed than are remembered. */
  calls(tell: (call: number) => void): boolean {
    const from = this.#heard;
    const to = this.#heard = Atomics.load(this.#words, RUNG);
    const pressed = (to - from) | 0;
    if (pressed < 0 || pressed > REMEMBERED) return false;
    for (let i = 0; i < pressed; i++) {
      tell(this.#words[FIRST + ((from + i) & (REMEMBERED - 1))]);
    }
    // Numbers that were overwritten meanwhile were told as others.
    const overwritten = (Atomics.load(this.#words, RUNG) - from) | 0;
    return overwritten <= REMEMBERED;
  }
}
