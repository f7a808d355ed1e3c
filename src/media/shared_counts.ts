import type { AudioLegCounts } from "../router/audio_leg.ts";

/** Names in the order of their words. */
const NAMES = [
  "uplinkFrames",
  "concealed",
  "downlinkFrames",
  "uplinkRefused",
  "downlinkMissed",
  "downlinkDiscarded",
  "wrongSize",
  "foreign",
  "flood",
] as const satisfies readonly (keyof AudioLegCounts)[];

/** Counts of a leg that carried nothing. */
export const NO_COUNTS: AudioLegCounts = {
  uplinkFrames: 0,
  concealed: 0,
  downlinkFrames: 0,
  uplinkRefused: 0,
  downlinkMissed: 0,
  downlinkDiscarded: 0,
  wrongSize: 0,
  foreign: 0,
  flood: 0,
};

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
