import { KnownMemory } from "./known_memory.ts";

/** Index of the count of presses; the ringing thread writes it. */
const RUNG = 0;
/** Index of the bell's own number. */
const NUMBER = 8;
/** Who pressed, the newest over the oldest; the ringing thread writes them. A cache line behind the count. */
const FIRST = 16;
/** More than a thousand calls press in the longest pause that a shard is meant to make. */
const REMEMBERED = 4096;

let bells = 0;

/** Allocates the shared memory of one doorbell. Main thread. */
export function allocateDoorbell(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(4 * (FIRST + REMEMBERED));
  new Int32Array(memory)[NUMBER] = ++bells;
  return memory;
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
    return new CallButton(this, call);
  }

  /** Rings for a call. */
  press(call: number): void {
    const rung = this.#words[RUNG];
    this.#words[FIRST + (rung & (REMEMBERED - 1))] = call;
    // Counting last is what makes the number visible to the other thread.
    Atomics.store(this.#words, RUNG, (rung + 1) | 0);
  }
}

class CallButton implements DoorbellButton {
  #bell: Doorbell;
  #call: number;

  constructor(bell: Doorbell, call: number) {
    this.#bell = bell;
    this.#call = call;
  }

  press(): void {
    this.#bell.press(this.#call);
  }
}

const knownBells = new KnownMemory<Doorbell>();

/** The button at a place. Only one thread may press those of one doorbell. */
export function buttonAt({ memory, call }: DoorbellPlace): DoorbellButton {
  const number = new Int32Array(memory)[NUMBER];
  return knownBells.of(number, () => new Doorbell(memory)).button(call);
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
