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

/** Which button of which doorbell is a call's; may be posted to the thread that presses it. */
export interface DoorbellPlace {
  readonly memory: SharedArrayBuffer;
  /** The number by which the other thread knows the call. */
  readonly call: number;
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

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** The button of the call that the other thread knows by this number. */
  button(call: number): DoorbellButton {
    return { press: () => this.#press(call) };
  }

  #press(call: number): void {
    // Read each time: a thread may have an object for each of its calls.
    const rung = this.#words[RUNG];
    this.#words[FIRST + (rung & (REMEMBERED - 1))] = call;
    // Counting last is what makes the number visible to the other thread.
    Atomics.store(this.#words, RUNG, (rung + 1) | 0);
  }
}

/** The button at a place. Only one thread may press those of one doorbell. */
export function buttonAt({ memory, call }: DoorbellPlace): DoorbellButton {
  return new Doorbell(memory).button(call);
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
