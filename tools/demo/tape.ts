/** Grows by doubling, so that a recording costs little. */
const FIRST_SAMPLES = 1 << 18;

/** Records one direction of a call, frame by frame. */
export class Tape {
  #samples = new Int16Array(FIRST_SAMPLES);
  #length = 0;

  /** Samples recorded. */
  get length(): number {
    return this.#length;
  }

  /** Records a frame, or `silence` samples of nothing. */
  add(frame: Int16Array | undefined, silence: number): void {
    const count = frame?.length ?? silence;
    while (this.#length + count > this.#samples.length) {
      const longer = new Int16Array(this.#samples.length * 2);
      longer.set(this.#samples);
      this.#samples = longer;
    }
    if (frame !== undefined) this.#samples.set(frame, this.#length);
    this.#length += count;
  }

  /** What was recorded from one sample to another. */
  slice(from = 0, to = this.#length): Int16Array {
    return this.#samples.slice(from, Math.min(to, this.#length));
  }
}
