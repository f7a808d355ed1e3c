import type { Arrival } from "../../src/simulator/freeswitch/audio_socket.ts";
import type { FrameCounts } from "./frame_counts.ts";
import { numberOf, READ_AT_MS } from "./level_code.ts";

/** A stretch of speech that a caller heard without a pause, in milliseconds. */
export interface HeardRun {
  readonly fromMs: number;
  toMs: number;
}

/** Runs and first frames that are kept of one call. */
const MOST_KEPT = 10_000;
/** Frame times that follow sooner are those of a simulated FreeSWITCH that was late and catches up. */
const HURRIED_MS = 15;
/** A pause this long ends a stretch of speech. */
const PAUSE_MS = 100;

/**
 * Follows what one caller hears: answers whose frames are numbered from 0, with
 * pauses between them. One thread.
 */
export class DownlinkReader {
  /** When the first frame of each answer came. */
  readonly firstFramesMs: number[] = [];
  /** Their times are when datagrams came where answers are interrupted, otherwise when they were seen. */
  readonly runs: HeardRun[] = [];
  /** Frame times without a frame inside an answer. */
  underruns = 0;
  /** The same where the frame time before was late: the answer to its datagram had no time to come. */
  hurriedUnderruns = 0;
  readonly #readAt: number;
  readonly #readAtByte: number;
  readonly #answerFrames: number;
  readonly #interrupts: boolean;
  #received = 0;
  #lost = 0;
  #doubled = 0;
  #outOfOrder = 0;
  /** Number of the next frame of this answer. */
  #next = 0;
  #emptyTicks = 0;
  #hurriedTicks = 0;
  #lastTickMs = -Infinity;
  /** Whether the last datagram had no speech. */
  #quiet = true;
  #lastArrival = -1;
  #run: HeardRun | undefined;

  constructor(
    rateHz: number,
    { answerFrames, interrupts }: {
      /** Frames of every answer. */
      readonly answerFrames: number;
      /** Whether an answer that ends early is the caller's own doing. */
      readonly interrupts: boolean;
    },
  ) {
    this.#interrupts = interrupts;
    this.#readAt = rateHz * READ_AT_MS / 1000;
    this.#readAtByte = this.#readAt * 2;
    this.#answerFrames = answerFrames;
  }

  get counts(): FrameCounts {
    return {
      received: this.#received,
      lost: this.#lost,
      doubled: this.#doubled,
      outOfOrder: this.#outOfOrder,
    };
  }

  /** A datagram came; it is heard later. */
  arrive(datagram: Uint8Array, arrival: Arrival): void {
    const at = this.#readAtByte;
    if (datagram.length < at + 2) return;
    const level = (datagram[at] | datagram[at + 1] << 8) << 16 >> 16;
    const number = numberOf(level);
    if (number < 0) return;
    const begins = number < this.#lastArrival || this.#lastArrival < 0;
    this.#lastArrival = number;
    // An answer without its first frame has no time of arrival, only a loss.
    if (begins && number === 0) keep(this.firstFramesMs, arrival.timeMs);
    this.#extendRun(this.#interrupts ? arrival.timeMs : arrival.seenMs);
  }

  /** One frame time, at `timeMs`: the frame that was written to the caller, or none. */
  hear(frame: Int16Array | undefined, timeMs: number): void {
    const sinceMs = timeMs - this.#lastTickMs;
    this.#lastTickMs = timeMs;
    const level = frame === undefined ? 0 : frame[this.#readAt];
    const number = numberOf(level);
    if (number < 0) {
      this.#quiet = true;
      if (sinceMs < HURRIED_MS) this.#hurriedTicks++;
      else this.#emptyTicks++;
      return;
    }
    this.#received++;
    this.#follow(number);
    this.#quiet = false;
    this.#emptyTicks = 0;
    this.#hurriedTicks = 0;
  }

  #follow(number: number): void {
    const ended = this.#next >= this.#answerFrames;
    if (number >= this.#next && !ended) {
      if (number > 0 && this.#next > 0) this.#countUnderruns();
      this.#lost += number - this.#next;
      this.#next = number + 1;
    } else if (ended || this.#quiet || number === 0) {
      if (!ended && !this.#interrupts) {
        this.#lost += this.#answerFrames - this.#next;
      }
      this.#lost += number;
      this.#next = number + 1;
    } else if (number === this.#next - 1) this.#doubled++;
    else {
      this.#outOfOrder++;
      if (this.#lost > 0) this.#lost--;
    }
  }

  #countUnderruns(): void {
    this.underruns += this.#emptyTicks;
    this.hurriedUnderruns += this.#hurriedTicks;
  }

  #extendRun(timeMs: number): void {
    const run = this.#run;
    if (run !== undefined && timeMs - run.toMs < PAUSE_MS) run.toMs = timeMs;
    else {
      this.#run = { fromMs: timeMs, toMs: timeMs };
      keep(this.runs, this.#run);
    }
  }
}

function keep<T>(list: T[], value: T): void {
  if (list.length < MOST_KEPT) list.push(value);
}
