import { KnownMemory } from "./known_memory.ts";

/** Index of the count of presses; whoever rings takes the next number of it. */
const RUNG = 0;
/** Index of the bell's own number. */
const NUMBER = 8;
/** Who pressed, the newest over the oldest, two words each: the call, and the press's own number, written last. A cache line behind the count. */
const FIRST = 16;
const PRESS_WORDS = 2;
/** More than a thousand calls press in the longest pause that a shard is meant to make. */
const REMEMBERED = 4096;

let bells = 0;

/** Allocates the shared memory of one doorbell. Main thread. */
export function allocateDoorbell(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(
    4 * (FIRST + PRESS_WORDS * REMEMBERED),
  );
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
 * The bell's end of a thread that rings, of which there may be some: tells one
 * other thread, which comes round every few milliseconds, for whom there is
 * something to do.
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
    const press = Atomics.add(this.#words, RUNG, 1);
    const at = placeOf(press);
    this.#words[at] = call;
    // The press's number behind it is what makes the call visible to the other thread.
    Atomics.store(this.#words, at + 1, ~press);
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

/** The button at a place. */
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

  /** Tells who has pressed since the last time, some of them twice; false when there were others, too: more than are remembered, or one whose thread is in the middle of it. */
  calls(tell: (call: number) => void): boolean {
    const from = this.#heard;
    const to = this.#heard = Atomics.load(this.#words, RUNG);
    const pressed = (to - from) | 0;
    if (pressed < 0 || pressed > REMEMBERED) return false;
    let isWhole = true;
    for (let i = 0; i < pressed; i++) {
      const press = (from + i) | 0;
      const at = placeOf(press);
      if (Atomics.load(this.#words, at + 1) === ~press) tell(this.#words[at]);
      else isWhole = false;
    }
    // Numbers that were overwritten meanwhile were told as others.
    const overwritten = (Atomics.load(this.#words, RUNG) - from) | 0;
    return isWhole && overwritten <= REMEMBERED;
  }
}

function placeOf(press: number): number {
  return FIRST + (press & (REMEMBERED - 1)) * PRESS_WORDS;
}
