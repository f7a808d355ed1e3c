/** Room of a new queue: half a second at 8 kHz. */
const FIRST_SAMPLES = 4096;

/**
 * First in, first out, of samples that come in chunks of any length and leave
 * in frames. A ring that grows with what waits, so that a stream of chunks
 * makes no garbage. One thread.
 */
export class SampleQueue {
  #ring = new Int16Array(FIRST_SAMPLES);
  #first = 0;
  #samples = 0;

  /** Samples that wait. */
  get samples(): number {
    return this.#samples;
  }

  /** Adds a copy of a chunk. */
  push(chunk: Int16Array): void {
    this.#makeRoom(this.#samples + chunk.length);
    const ring = this.#ring;
    const at = (this.#first + this.#samples) % ring.length;
    const straight = Math.min(chunk.length, ring.length - at);
    if (straight === chunk.length) ring.set(chunk, at);
    else {
      ring.set(chunk.subarray(0, straight), at);
      ring.set(chunk.subarray(straight), 0);
    }
    this.#samples += chunk.length;
  }

  /** Moves so many samples, which must not be more than what waits, to `target`, from index `at` on. */
  take(target: Int16Array, at = 0, samples = target.length): void {
    this.#copyTo(target, at, samples);
    this.drop(samples);
  }

  /** Forgets the oldest samples, which must not be more than what waits. */
  drop(samples: number): void {
    this.#first = (this.#first + samples) % this.#ring.length;
    this.#samples -= samples;
  }

  /** Forgets everything, and the room that a long answer took. */
  clear(): void {
    this.#first = 0;
    this.#samples = 0;
    if (this.#ring.length > FIRST_SAMPLES) {
      this.#ring = new Int16Array(FIRST_SAMPLES);
    }
  }

  #copyTo(target: Int16Array, at: number, samples: number): void {
    const ring = this.#ring;
    const straight = Math.min(samples, ring.length - this.#first);
    target.set(ring.subarray(this.#first, this.#first + straight), at);
    if (straight === samples) return;
    target.set(ring.subarray(0, samples - straight), at + straight);
  }

  #makeRoom(samples: number): void {
    if (samples <= this.#ring.length) return;
    let length = this.#ring.length;
    while (length < samples) length *= 2;
    const larger = new Int16Array(length);
    this.#copyTo(larger, 0, this.#samples);
    this.#ring = larger;
    this.#first = 0;
  }
}
