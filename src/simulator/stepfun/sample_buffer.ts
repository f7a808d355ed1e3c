const FIRST_CAPACITY_SAMPLES = 4000;

/** Samples in the order in which they came. Any thread. */
export class SampleBuffer {
  #samples = new Int16Array(FIRST_CAPACITY_SAMPLES);
  #length = 0;

  /** How many samples it holds. */
  get length(): number {
    return this.#length;
  }

  /** Adds a copy of `samples` behind the others. */
  append(samples: Int16Array): void {
    const needed = this.#length + samples.length;
    if (needed > this.#samples.length) {
      const larger = new Int16Array(Math.max(needed, this.#length * 2));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#length);
    this.#length = needed;
  }

  /** Forgets all but the last `count` samples. */
  keepLast(count: number): void {
    if (count >= this.#length) return;
    this.#samples.copyWithin(0, this.#length - count, this.#length);
    this.#length = count;
  }

  /** Gives a copy of everything and is empty then. */
  take(): Int16Array<ArrayBuffer> {
    const taken = this.#samples.slice(0, this.#length);
    this.#length = 0;
    // A long utterance must not keep its memory for the rest of the session.
    if (this.#samples.length > FIRST_CAPACITY_SAMPLES) {
      this.#samples = new Int16Array(FIRST_CAPACITY_SAMPLES);
    }
    return taken;
  }
}
