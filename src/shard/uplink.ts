import { allocateSamples } from "../audio/audio_memory.ts";
import type { Resampler } from "../audio/resampler.ts";
import type { FrameConsumer } from "../ring/frame_ring.ts";
import { SampleQueue } from "./sample_queue.ts";

/** Speech that is kept while the model is away; the oldest goes first. */
const MOST_HELD_MS = 10_000;

/** The largest batch there is, 200 ms, at 48 kHz. */
const shared = allocateSamples(9600);

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
 * gathered into batches so that the model gets few messages. A batch is a count
 * of frames, not of samples: the resampler's delay then never holds a frame
 * back for a further one. While the model is away, speech is held. Shard's
 * thread; allocates nothing for a frame.
 */
export class Uplink {
  #options: UplinkOptions;
  #resampler: Resampler;
  #frames = 0;
  #framesPerBatch: number;
  /** Frames of one batch at the leg's rate: resampled together, at less cost than one by one. */
  #batch: Int16Array;
  #output: Int16Array;
  /** One frame that leaves what was held. */
  #frame: Int16Array;
  /** Frames at the leg's rate that wait for the model; undefined while it is there. */
  #held?: SampleQueue;

  constructor(options: UplinkOptions) {
    const { ring, resampler, batchMs, frameMs } = options;
    this.#options = options;
    this.#resampler = resampler;
    this.#framesPerBatch = Math.max(1, Math.round(batchMs / frameMs));
    this.#batch = new Int16Array(ring.frameSamples * this.#framesPerBatch);
    this.#output = outputFor(resampler, this.#batch);
    this.#frame = new Int16Array(ring.frameSamples);
  }

  /** Whether frames wait in the ring. */
  get hasFrames(): boolean {
    return this.#options.ring.queuedFrames > 0;
  }

  /** Takes every frame that is there, and sends each batch that is full or holds it. */
  pump(): void {
    const { ring } = this.#options;
    for (let frame = ring.peek(); frame !== undefined; frame = ring.peek()) {
      if (this.#held === undefined) this.#gather(frame);
      else this.#keep(this.#held, frame);
      ring.advance();
    }
  }

  /** The model is away: keeps what the caller says from now on. */
  hold(): void {
    this.#held ??= new SampleQueue();
  }

  /** The model is there again: sends what was held. */
  release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    while (held.samples > 0) {
      held.take(this.#frame);
      this.#gather(this.#frame);
    }
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

  #gather(frame: Int16Array): void {
    this.#batch.set(frame, this.#frames * this.#options.ring.frameSamples);
    if (++this.#frames === this.#framesPerBatch) this.#send();
  }

  #keep(held: SampleQueue, frame: Int16Array): void {
    const { frameMs } = this.#options;
    const heldMs = held.samples / frame.length * frameMs;
    if (heldMs >= MOST_HELD_MS) held.take(this.#frame);
    held.push(frame);
  }

  #send(): void {
    this.#frames = 0;
    const output = this.#output;
    const count = this.#resampler.process(this.#batch, output);
    if (count === 0) return;
    const { send } = this.#options;
    send(count === output.length ? output : output.subarray(0, count));
  }
}

/** Where a batch is resampled to, for as long as it takes to send it: shared by all calls of the thread. */
function outputFor(resampler: Resampler, batch: Int16Array): Int16Array {
  const most = resampler.maxOutputSamples(batch.length);
  return most <= shared.length
    ? new Int16Array(shared.buffer, shared.byteOffset, most)
    : new Int16Array(most);
}
