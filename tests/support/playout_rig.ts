import { createCopyingResampler } from "../../src/audio/copying_resampler.ts";
import type { Resampler } from "../../src/audio/resampler.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { takeFrame } from "./ring_frames.ts";
import { Playout } from "../../src/shard/playout.ts";

/** A playout between a model and a leg that the test plays. */
export class PlayoutRig {
  readonly playout: Playout;
  readonly ring: FrameProducer;
  readonly underruns: string[] = [];
  overflowMs = 0;
  #leg: FrameConsumer;
  #resampler: Resampler;
  #frameMs: number;

  constructor(resampler = createCopyingResampler(8000), frameMs = 20) {
    this.#resampler = resampler;
    this.#frameMs = frameMs;
    const { downlink } = ringsOf(allocateRings(resampler.outputRateHz));
    const frameSamples = resampler.outputRateHz * frameMs / 1000;
    this.ring = new FrameProducer(downlink, frameSamples);
    this.#leg = new FrameConsumer(downlink, frameSamples);
    this.playout = new Playout(resampler.inputRateHz, {
      underrun: (reason) => this.underruns.push(reason),
      overflow: (droppedMs) => this.overflowMs += droppedMs,
    });
  }

  /** A rig whose leg is there. */
  static attached(resampler?: Resampler, frameMs?: number): PlayoutRig {
    const rig = new PlayoutRig(resampler, frameMs);
    rig.attach();
    return rig;
  }

  /** Whether the leg is promised more. */
  get streaming(): boolean {
    return this.#leg.streaming;
  }

  attach(): void {
    this.playout.attach({ ring: this.ring, resampler: this.#resampler });
  }

  /** The model says so many frames of one value. */
  push(frames: number, value = 1): void {
    const { inputRateHz } = this.#resampler;
    const samples = frames * this.#frameMs * inputRateHz / 1000;
    this.playout.push(new Int16Array(samples).fill(value));
  }

  /** The leg wants a frame, as for each datagram; undefined, and a miss, when there is none. */
  take(): Int16Array | undefined {
    const frame = takeFrame(this.#leg);
    if (frame === undefined) this.#leg.miss();
    return frame;
  }

  /** The leg takes so many frames and the shard goes on after each; returns their first samples. */
  play(frames: number): Array<number | undefined> {
    return Array.from({ length: frames }, () => {
      const first = this.take()?.[0];
      this.playout.pump();
      return first;
    });
  }

  /** Everything that is still to be heard. */
  playAll(): Int16Array {
    const heard: number[] = [];
    for (let frame = this.take(); frame; frame = this.take()) {
      heard.push(...frame);
      this.playout.pump();
    }
    return Int16Array.from(heard);
  }
}
