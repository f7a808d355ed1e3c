import type { FrameCounts } from "./frame_counts.ts";
import {
  isMadeUp,
  LEVELS,
  NameReader,
  numberOf,
  READ_AT_MS,
} from "./level_code.ts";

/** One frame in so many is timed: a prime number, so that each place in a batch of any size gets its share. */
export const MARK_EVERY_FRAMES = 53;

/** Between the two places at which a frame is read, in milliseconds. */
const APART_MS = 4;

/**
 * Reads the frames of one caller out of what the model gets. The caller numbers
 * its frames from 0, the silent ones too; the stream may have been resampled,
 * and may be cut anywhere. Frames that the server made up, which fade, are left
 * out: one for a frame that was lost shows as lost. One thread.
 */
export class UplinkReader {
  readonly #frameSamples: number;
  readonly #apartSamples: number;
  readonly #mark: (number: number, timeMs: number) => void;
  readonly #name = new NameReader();
  #received = 0;
  #lost = 0;
  #doubled = 0;
  #outOfOrder = 0;
  /** Number of the next frame; undefined before the first that speaks. */
  #next?: number;
  /** Silent frames since the last that speaks, or since the start. */
  #silent = 0;
  /** The level at the first place of the frame that is being read. */
  #early?: number;
  /** Samples until the next place. */
  #toRead: number;

  /** `mark` is told of every frame whose number divides by {@linkcode MARK_EVERY_FRAMES}. */
  constructor(
    rateHz: number,
    mark: (number: number, timeMs: number) => void,
  ) {
    this.#frameSamples = rateHz / 50;
    this.#apartSamples = rateHz * APART_MS / 1000;
    this.#toRead = rateHz * READ_AT_MS / 1000 - this.#apartSamples / 2;
    this.#mark = mark;
  }

  /** Who speaks; undefined until that was heard. */
  get name(): number | undefined {
    return this.#name.name;
  }

  get counts(): FrameCounts {
    return {
      received: this.#received,
      lost: this.#lost,
      doubled: this.#doubled,
      outOfOrder: this.#outOfOrder,
    };
  }

  /** Takes the next samples, which came at `timeMs`. */
  read(samples: Int16Array, timeMs: number): void {
    let at = this.#toRead;
    while (at < samples.length) {
      const level = samples[at];
      if (this.#early === undefined) {
        this.#early = level;
        at += this.#apartSamples;
      } else {
        if (!isMadeUp(this.#early, level)) this.#take(level, timeMs);
        this.#early = undefined;
        at += this.#frameSamples - this.#apartSamples;
      }
    }
    this.#toRead = at - samples.length;
  }

  #take(level: number, timeMs: number): void {
    const code = numberOf(level);
    this.#received++;
    if (code < 0) {
      this.#silent++;
      return;
    }
    // The caller counts its silent frames too.
    const expected = (this.#next ?? 0) + this.#silent;
    const number = expected + difference(code, expected % LEVELS);
    // Those that the server made up, where frames came too late, it does not.
    const earliest = this.#next ?? expected;
    this.#silent = 0;
    if (number >= earliest) {
      this.#lost += Math.max(0, number - expected);
      this.#next = number + 1;
      if (number % MARK_EVERY_FRAMES === 0) this.#mark(number, timeMs);
    } else if (number === earliest - 1) this.#doubled++;
    else this.#takeLate();
    this.#name.read(number, level);
  }

  #takeLate(): void {
    this.#outOfOrder++;
    if (this.#lost > 0) this.#lost--;
  }
}

/** From one number to another modulo {@linkcode LEVELS}, the short way. */
function difference(to: number, from: number): number {
  const ahead = (to - from + LEVELS) % LEVELS;
  return ahead < LEVELS / 2 ? ahead : ahead - LEVELS;
}
