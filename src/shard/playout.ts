// Long because: the states of the playout and all that changes them are in one place.
import { allocateSamples } from "../audio/audio_memory.ts";
import type { Resampler } from "../audio/resampler.ts";
import type { FrameProducer } from "../ring/frame_ring.ts";
import { SampleQueue } from "./sample_queue.ts";

/** What stands in the ring: more than the caller hears while a batch of his gathers and a busy shard comes, and all can be flushed. */
const RING_DEPTH_MS = 160;
/** Speech that must be there before a response starts to sound. */
const SMALLEST_PREFILL_MS = 60;
const LARGEST_PREFILL_MS = 400;
const PREFILL_STEP_MS = 20;
/** More than any answer; a peer that sends more is not believed. */
const MOST_QUEUED_MS = 300_000;
/** The same before the leg is there, in pieces: a peer that sends crumbs must not fill the memory. */
const MOST_HELD_PIECES = 4096;
/** Silence that pushes the last of a response out of the resampler. */
const TAIL_MS = 20;

/** The leg's end of a playout. */
export interface PlayoutLeg {
  readonly ring: FrameProducer;
  /** Model's rate → leg's rate. */
  readonly resampler: Resampler;
}

/** What a playout tells its session. */
export interface PlayoutEvents {
  /** The caller heard a gap inside a response: the model, or this shard, was late. */
  underrun(reason: "model" | "shard"): void;
  /** Speech that found no room. */
  overflow(droppedMs: number): void;
}

/**
 * Holds what the model said and the caller has not heard yet, and keeps
 * the ring fed. The model speaks faster than real time, so the surplus waits
 * here, where a barge-in can drop it. Shard's thread.
 *
 * - idle: nothing to say.
 * - filling: a response has begun; waiting for the prefill.
 * - playing: frames go to the ring.
 */
export class Playout {
  #state: "idle" | "filling" | "playing" = "idle";
  #queue = new SampleQueue();
  #leg?: PlayoutLeg;
  /** Frames that are to stand in its ring. */
  #depthFrames = 0;
  /** Speech that came before the leg was there, at the model's rate. */
  #held: Array<Int16Array | "begin" | "end"> = [];
  #heldSamples = 0;
  #responseOpen = false;
  /** Ring index of the first frame of the newest response. */
  #startFrame = 0;
  /** Whether the newest response was flushed. */
  #flushed = false;
  #prefillMs = SMALLEST_PREFILL_MS;
  /** The longest piece that the model has sent in this response. */
  #longestPieceMs = 0;
  #missedFrames = 0;
  #dry = false; // Whether the last pump left nothing behind.
  #modelRateHz: number;
  #events: PlayoutEvents;

  constructor(modelRateHz: number, events: PlayoutEvents) {
    this.#modelRateHz = modelRateHz;
    this.#events = events;
  }

  /** Whether the caller hears something now, or will without anything more from the model. */
  get audible(): boolean {
    const leg = this.#leg;
    if (leg === undefined) return this.#heldSamples > 0;
    if (leg.ring.queuedFrames > 0) return true;
    // A part of a frame, and what is less than the prefill, wait for more of the response.
    const isFilling = this.#state === "filling" && this.#responseOpen;
    const leastMs = isFilling ? this.#prefillMs : this.#frameMs(leg);
    return this.#queuedMs(leg) >= leastMs;
  }

  /** Whether there is something that the caller will hear when its response is over, if not before. */
  get holds(): boolean {
    const frameSamples = this.#leg?.ring.frameSamples ?? Infinity;
    return this.#queue.samples >= frameSamples;
  }

  /** How much of the newest response the caller has heard, in milliseconds. */
  get heardMs(): number {
    if (this.#leg === undefined) return 0;
    const { ring } = this.#leg;
    // A flush moves the read index past frames of this response that nobody heard; one before it does not matter.
    const flushedAt = this.#flushed ? ring.flushedAt : undefined;
    const heardTo = flushedAt ?? ring.readIndex;
    return Math.max(0, heardTo - this.#startFrame) * this.#frameMs(this.#leg);
  }

  /** How much the caller has heard of all responses, in milliseconds. */
  get heardInAllMs(): number {
    if (this.#leg === undefined) return 0;
    const { ring } = this.#leg;
    return (ring.readIndex - ring.discardedFrames) * this.#frameMs(this.#leg);
  }

  /** Whether the leg has obeyed the last flush. */
  get settled(): boolean {
    return this.#leg === undefined || this.#leg.ring.flushedAt !== undefined;
  }

  /** Gives the playout its leg; what was said before then is played first. */
  attach(leg: PlayoutLeg): void {
    this.#leg = leg;
    const depthFrames = Math.ceil(RING_DEPTH_MS / this.#frameMs(leg));
    this.#depthFrames = Math.min(depthFrames, leg.ring.capacityFrames);
    const held = this.#held;
    this.#held = [];
    this.#heldSamples = 0;
    for (const item of held) {
      if (item === "begin") this.begin();
      else if (item === "end") this.end();
      else this.push(item);
    }
    this.pump();
  }

  /** The model speaks at another rate from now on; takes `resampler` over and lets the old one go. Between responses only. */
  changeRate(modelRateHz: number, resampler?: Resampler): void {
    this.#modelRateHz = modelRateHz;
    // What was said before the leg was there cannot be played at another rate.
    this.#held = [];
    this.#heldSamples = 0;
    const leg = this.#leg;
    if (leg === undefined || resampler === undefined) return;
    leg.resampler.close();
    this.#leg = { ring: leg.ring, resampler };
  }

  /** A response begins. */
  begin(): void {
    if (this.#leg === undefined) {
      if (this.#held.length < MOST_HELD_PIECES) this.#held.push("begin");
      return;
    }
    if (this.#responseOpen) this.end();
    this.#responseOpen = true;
    this.#flushed = false;
    const { ring } = this.#leg;
    this.#startFrame = ring.writeIndex +
      this.#queue.samples / ring.frameSamples;
    this.#longestPieceMs = 0;
    if (this.#state === "idle") this.#state = "filling";
  }

  /** Speech of the running response, at the model's rate; copied before it returns. */
  push(samples: Int16Array): void {
    if (this.#leg === undefined) {
      this.#hold(samples);
      return;
    }
    const queuedMs = this.#queuedMs(this.#leg);
    const freshMs = samples.length * 1000 / this.#modelRateHz;
    this.#longestPieceMs = Math.max(this.#longestPieceMs, freshMs);
    if (queuedMs + freshMs > MOST_QUEUED_MS) {
      this.#events.overflow(freshMs);
      return;
    }
    this.#queue.push(resample(samples, this.#leg.resampler));
    this.pump();
  }

  /** The running response has said all. */
  end(): void {
    if (this.#leg === undefined) {
      if (this.#held.length < MOST_HELD_PIECES) this.#held.push("end");
      return;
    }
    if (!this.#responseOpen) return;
    this.#responseOpen = false;
    this.#pushTail(this.#leg);
    this.pump();
  }

  /** Drops everything that the caller has not heard. */
  flush(): void {
    this.#held = [];
    this.#heldSamples = 0;
    this.#queue.clear();
    this.#responseOpen = false;
    this.#state = "idle";
    this.#dry = false;
    if (this.#leg === undefined) return;
    this.#flushed = true;
    this.#leg.resampler.reset();
    this.#leg.ring.setStreaming(false);
    this.#leg.ring.flush();
  }

  /** Feeds the ring; called whenever the leg took a frame or the model gave some. */
  pump(): void {
    const leg = this.#leg;
    if (leg === undefined || this.#state === "idle") return;
    this.#noticeUnderrun(leg);
    if (this.#state === "filling") this.#tryToStart(leg);
    if (this.#state === "playing") this.#feed(leg);
  }

  /** Drops everything and gives the resampler's memory back; may be called twice. */
  close(): void {
    this.flush();
    this.#leg?.resampler.close();
    this.#leg = undefined;
  }

  #tryToStart(leg: PlayoutLeg): void {
    const ready = this.#queuedMs(leg) >= this.#prefillMs;
    if (!ready && this.#responseOpen) return;
    this.#state = "playing";
    leg.ring.setStreaming(true);
  }

  #feed(leg: PlayoutLeg): void {
    const { ring } = leg;
    while (
      ring.queuedFrames < this.#depthFrames &&
      this.#queue.samples >= ring.frameSamples
    ) {
      const at = ring.claim();
      if (at < 0) return;
      this.#queue.take(ring.samples, at, ring.frameSamples);
      // The last frame is announced before it is there: then an empty ring is no underrun.
      if (this.#isLast(ring.frameSamples)) ring.setStreaming(false);
      ring.publish();
    }
    this.#dry = this.#queue.samples < ring.frameSamples;
    if (!this.#dry || this.#responseOpen) return;
    this.#state = "idle";
    // A response without a whole frame never had a last one to announce.
    ring.setStreaming(false);
  }

  #isLast(frameSamples: number): boolean {
    return !this.#responseOpen && this.#queue.samples < frameSamples;
  }

  #noticeUnderrun(leg: PlayoutLeg): void {
    const missed = leg.ring.missedFrames;
    if (missed === this.#missedFrames) return;
    this.#missedFrames = missed;
    if (this.#state !== "playing") return;
    this.#events.underrun(this.#dry ? "model" : "shard");
    if (!this.#dry) return;
    leg.ring.setStreaming(false);
    this.#state = "filling";
    this.#prefillMs = Math.min(
      LARGEST_PREFILL_MS,
      // A model that speaks in real time is late by up to a piece at each piece.
      Math.max(this.#prefillMs, this.#longestPieceMs) + PREFILL_STEP_MS,
    );
  }

  /** Ends the stream of samples on a frame's border, so that each response starts on one. */
  #pushTail(leg: PlayoutLeg): void {
    this.#prefillMs = Math.max(
      SMALLEST_PREFILL_MS,
      this.#prefillMs - PREFILL_STEP_MS / 2,
    );
    // A response without speech leaves the border where it is.
    if (this.#longestPieceMs === 0) return;
    const { ring, resampler } = leg;
    if (this.#queuedMs(leg) < MOST_QUEUED_MS) {
      const silence = new Int16Array(this.#modelRateHz * TAIL_MS / 1000);
      this.#queue.push(resample(silence, resampler));
    }
    resampler.reset();
    const over = this.#queue.samples % ring.frameSamples;
    if (over > 0) this.#queue.push(new Int16Array(ring.frameSamples - over));
  }

  #hold(samples: Int16Array): void {
    const heldMs = this.#heldSamples * 1000 / this.#modelRateHz;
    const freshMs = samples.length * 1000 / this.#modelRateHz;
    if (
      heldMs + freshMs > MOST_QUEUED_MS ||
      this.#held.length >= MOST_HELD_PIECES
    ) {
      this.#events.overflow(freshMs);
      return;
    }
    this.#held.push(samples.slice());
    this.#heldSamples += samples.length;
  }

  #queuedMs(leg: PlayoutLeg): number {
    return this.#queue.samples * 1000 / leg.resampler.outputRateHz;
  }

  #frameMs(leg: PlayoutLeg): number {
    return leg.ring.frameSamples * 1000 / leg.resampler.outputRateHz;
  }
}

/** One for all calls of the thread: an ordinary piece, 135 ms, at 48 kHz, and more. */
const shared = allocateSamples(8192);

/** Resamples a piece; the result is valid until the next call. */
function resample(samples: Int16Array, resampler: Resampler): Int16Array {
  const most = resampler.maxOutputSamples(samples.length);
  const target = most <= shared.length ? shared : new Int16Array(most);
  return target.subarray(0, resampler.process(samples, target));
}
