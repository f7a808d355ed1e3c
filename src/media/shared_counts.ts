import { type AudioLegCounts, NO_COUNTS } from "../router/audio_leg.ts";

/** Names in the order of their words. */
const NAMES = Object.keys(NO_COUNTS) as (keyof AudioLegCounts)[];

/** Allocates the shared memory of one leg's counts. */
export function allocateCounts(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * NAMES.length);
}

/** A leg's counts, written by one thread now and then and read by another. */
export class SharedCounts {
  #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  write(counts: AudioLegCounts): void {
    NAMES.forEach((name, i) => this.#words[i] = counts[name]);
  }

  /** What was written last, with `former` added. */
  readOnto(former: AudioLegCounts): AudioLegCounts {
    const counts = { ...former };
    NAMES.forEach((name, i) => counts[name] += this.#words[i]);
    return counts;
  }
}
