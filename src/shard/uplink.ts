import type { FrameConsumer } from "../ring/frame_ring.ts";
import type { Resampler } from "../audio/resampler.ts";

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
 * back for a further one. Shard's thread; allocates nothing for a frame.
 */
export class Uplink {
  #options: UplinkOptions;
  #frames = 0;
  #framesPerBatch: number;
  /** Frames of one batch at the leg's rate: resampled together, at less cost than one by one. */
  #batch: Int16Array;
  #output: Int16Array;
  #sentSamples = 0;

  constructor(options: UplinkOptions) {
    const { ring, resampler, batchMs, frameMs } = options;
    this.#options = options;
    this.#framesPerBatch = Math.max(1, Math.round(batchMs / frameMs));
    this.#batch = new Int16Array(ring.frameSamples * this.#framesPerBatch);
    const most = resampler.maxOutputSamples(this.#batch.length);
    this.#output = new Int16Array(most);
  }

  /** Milliseconds of speech given to the model so far. */
  get sentMs(): number {
    return this.#sentSamples * 1000 / this.#options.resampler.outputRateHz;
  }

  /** Takes every frame that is there and sends each batch that is full. */
  pump(): void {
    const { ring } = this.#options;
    for (let frame = ring.peek(); frame !== undefined; frame = ring.peek()) {
      this.#batch.set(frame, this.#frames * ring.frameSamples);
      ring.advance();
      if (++this.#frames === this.#framesPerBatch) this.#send();
    }
  }

  /** Gives the resampler's memory back. */
  close(): void {
    this.#options.resampler.close();
  }

  #send(): void {
    this.#frames = 0;
    const { resampler, send } = this.#options;
    const output = this.#output;
    const count = resampler.process(this.#batch, output);
    if (count === 0) return;
    this.#sentSamples += count;
    send(count === output.length ? output : output.subarray(0, count));
  }
}
