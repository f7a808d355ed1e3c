const FIRST_SECONDS = 8;

/** Keeps what a caller hears, with silence where nothing came. One thread. */
export class Recording {
  readonly rateHz: number;
  readonly #frameSamples: number;
  #samples: Int16Array;
  #length = 0;

  constructor(rateHz: number, frameMs: number) {
    this.rateHz = rateHz;
    this.#frameSamples = rateHz * frameMs / 1000;
    this.#samples = new Int16Array(FIRST_SECONDS * rateHz);
  }

  /** All that was heard; valid until the next {@linkcode add}. */
  get samples(): Int16Array {
    return this.#samples.subarray(0, this.#length);
  }

  /** Adds one frame time; undefined is silence. */
  add(frame: Int16Array | undefined) {
    const end = this.#length + this.#frameSamples;
    if (end > this.#samples.length) {
      const larger = new Int16Array(2 * this.#samples.length);
      larger.set(this.#samples);
      this.#samples = larger;
    }
    if (frame !== undefined) this.#samples.set(frame, this.#length);
    this.#length = end;
  }
}
