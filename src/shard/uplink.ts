import { allocateSamples } from "../audio/audio_memory.ts";
import type { Resampler } from "../audio/resampler.ts";
import type { FrameConsumer } from "../ring/frame_ring.ts";
import { SampleQueue } from "./sample_queue.ts";

/** Speech that is kept while the model is away; the oldest goes first. */
const MOST_HELD_MS = 10_000;

/** The largest batch there is, seven frames of 30 ms at 48 kHz. */
const MOST_SAMPLES = 10_080;
// One call is worked on at a time, so all calls of a thread share these.
const batches = new Int16Array(MOST_SAMPLES);
/** In the audio memory, from which a batch is encoded without a copy. */
const outputs = allocateSamples(MOST_SAMPLES);

/** Parts of an {@linkcode Uplink}. */
export interface UplinkOptions {
  /** Caller speech at the leg's rate. */
  readonly ring: FrameConsumer;
  /** Leg's rate → model's rate. */
  readonly resampler: Resampler;
  /** How much goes into one message, in milliseconds. */
  readonly batchMs: number;
  /** Length of one frame, in milliseconds. */
  readonly frameMs: number;
  /** Takes one batch at the model's rate; the array is used again afterwards. */
  readonly send: (samples: Int16Array) => void;
}

/**
 * Carries the caller's speech from the ring to the model: resampled, and
 * gathered into batches so that the model gets few messages. A batch waits in
 * the ring until it is whole, and is a count of frames, not of samples: the
 * resampler's delay then never holds a frame back for a further one. While the
 * model is away, speech is held. Shard's thread; a frame makes no garbage but a
 * view.
 */
export class Uplink {
  #options: UplinkOptions;
  #resampler: Resampler;
  #framesPerBatch: number;
  /** Frames of one batch at the leg's rate: resampled together, at less cost than one by one. */
  #batch: Int16Array;
  #output: Int16Array;
  #isAway = false;
  /** Speech at the leg's rate that could not go as it came, and what came behind it; undefined without. */
  #held?: SampleQueue;

  constructor(options: UplinkOptions) {
    const { ring, resampler, batchMs, frameMs } = options;
    this.#options = options;
    this.#resampler = resampler;
    this.#framesPerBatch = Math.max(1, Math.round(batchMs / frameMs));
    this.#batch = viewOf(batches, ring.frameSamples * this.#framesPerBatch);
    this.#output = outputFor(resampler, this.#batch);
  }

  /** Sends each batch that is whole, or holds what there is; comes again with the next batch, or with the next frame. */
  pump(comeAgain: "batch" | "frame" = "batch"): void {
    if (this.#held === undefined) this.#sendWhole();
    else this.#keepAll(this.#held);
    const { ring } = this.#options;
    ring.want(comeAgain === "frame" ? 1 : this.#framesPerBatch);
  }

  /** The model is away: keeps what the caller says from now on. */
  hold(): void {
    this.#isAway = true;
    this.#held ??= new SampleQueue();
  }

  /** The model is there again: sends what was held. */
  release(): void {
    this.#isAway = false;
    if (this.#held !== undefined) this.#keepAll(this.#held);
  }

  /** Sends at another rate from now on; takes `resampler` over and lets the old one go. */
  changeResampler(resampler: Resampler): void {
    this.#resampler.close();
    this.#resampler = resampler;
    this.#output = outputFor(resampler, this.#batch);
  }

  /** Gives the resampler's memory back. */
  close(): void {
    this.#resampler.close();
  }

  #sendWhole(): void {
    const { ring } = this.#options;
    const { frameSamples } = ring;
    while (ring.queuedFrames >= this.#framesPerBatch) {
      for (let i = 0; i < this.#framesPerBatch; i++) {
        ring.take(this.#batch, i * frameSamples);
      }
      this.#send();
    }
  }

  /** Puts what the ring has behind what is held, and sends of it what may go. */
  #keepAll(held: SampleQueue): void {
    const { ring, frameMs } = this.#options;
    const mostSamples = MOST_HELD_MS / frameMs * ring.frameSamples;
    const frame = this.#batch.subarray(0, ring.frameSamples);
    while (ring.take(frame)) {
      held.push(frame);
      if (held.samples > mostSamples) held.drop(ring.frameSamples);
    }
    if (this.#isAway) return;
    while (held.samples >= this.#batch.length) {
      held.take(this.#batch);
      this.#send();
    }
    // Until nothing is left of it, speech goes by way of what was held.
    if (held.samples === 0) this.#held = undefined;
  }

  #send(): void {
    const output = this.#output;
    const count = this.#resampler.process(this.#batch, output);
    if (count === 0) return;
    const { send } = this.#options;
    send(count === output.length ? output : output.subarray(0, count));
  }
}

function outputFor(resampler: Resampler, batch: Int16Array): Int16Array {
  return viewOf(outputs, resampler.maxOutputSamples(batch.length));
}

function viewOf(shared: Int16Array, samples: number): Int16Array {
  return samples <= shared.length
    ? shared.subarray(0, samples)
    : new Int16Array(samples);
}
