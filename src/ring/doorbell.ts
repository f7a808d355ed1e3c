/** Index of the count of rings; the ringing thread writes it. */
const RUNG = 0;
/** Index of the flag that somebody waits; the waiting thread writes it. */
const ARMED = 1;

/** Allocates the shared memory of one doorbell. */
export function allocateDoorbell(): SharedArrayBuffer {
  return new SharedArrayBuffer(8);
}

/** The button: tells one other thread that there is something to do. Never waits. */
export class DoorbellButton {
  #words: Int32Array;
  #rung = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#rung = Atomics.load(this.#words, RUNG);
  }

  /** Wakes the other thread when it waits; costs two atomic operations when it does not. */
  press(): void {
    this.#rung = (this.#rung + 1) | 0;
    Atomics.store(this.#words, RUNG, this.#rung);
    if (Atomics.load(this.#words, ARMED) === 1) {
      Atomics.notify(this.#words, RUNG, 1);
    }
  }
}

/** The chime: waits, without blocking its thread, until the button is pressed. */
export class DoorbellChime {
  #words: Int32Array;
  #heard: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#heard = Atomics.load(this.#words, RUNG);
  }

  /** Resolves once the button was pressed since the last call; presses in between count as one. */
  async wait(): Promise<void> {
    Atomics.store(this.#words, ARMED, 1);
    // Arming before comparing: a press in between is seen by one side or the other.
    const result = Atomics.waitAsync(this.#words, RUNG, this.#heard);
    if (result.async) await result.value;
    Atomics.store(this.#words, ARMED, 0);
    this.#heard = Atomics.load(this.#words, RUNG);
  }
}
