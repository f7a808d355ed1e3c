import {
  buttonAt,
  type DoorbellButton,
  type DoorbellPlace,
} from "../ring/doorbell.ts";
import { FrameConsumer, FrameProducer } from "../ring/frame_ring.ts";
import { ringsOf } from "../ring/layout.ts";
import type { AudioLegRejoin, AudioLegStart } from "../router/audio_leg.ts";
import { Concealment } from "./concealment.ts";
import { EdgeSmoother } from "./edge_smoother.ts";
import type { UplinkFrames } from "./uplink_timeline.ts";

/** As long as the longest frame, 60 ms at 48 kHz. */
const MOST_SAMPLES = 2880;
// One frame is worked on at a time, so all calls of a thread share these.
const incoming = new Int16Array(MOST_SAMPLES);
const incomingBytes = new Uint8Array(incoming.buffer);
const outgoing = new Int16Array(MOST_SAMPLES);
/** By the samples of a frame. */
const scratch = new Map<number, Scratch>();

/** One frame of the caller's, and one for the caller. */
interface Scratch {
  readonly in: Int16Array;
  readonly out: Int16Array;
  readonly outBytes: Uint8Array;
}

/** The shard is told when less than this is left in the middle of speech, in milliseconds. */
const LOW_MS = 80;

/** What rings count themselves. */
interface RingCounts {
  readonly refused: number;
  readonly missed: number;
  readonly discarded: number;
}

/** A call without a shard rings nowhere. */
const MUTE: DoorbellButton = { press() {} };

/**
 * The leg's end of a call's rings: one frame in, one frame out. The leg's
 * thread; a frame makes no garbage but a view.
 */
export class FrameExchange implements UplinkFrames {
  readonly frameBytes: number;
  readonly frameMs: number;
  downlinkFrames = 0;
  #uplink: FrameProducer;
  #downlink: FrameConsumer;
  #doorbell: DoorbellButton;
  /** The caller's newest frame before these rings. */
  #last?: Int16Array;
  #scratch: Scratch;
  #smoother: EdgeSmoother;
  #concealment: Concealment;
  /** Counts of the rings before these, less what these had counted before. */
  #former: RingCounts = { refused: 0, missed: 0, discarded: 0 };

  constructor(options: AudioLegStart) {
    const { rateHz, frameSamples, doorbell } = options;
    const { uplink, downlink } = ringsOf(options.rings);
    this.frameBytes = frameSamples * 2;
    this.frameMs = frameSamples * 1000 / rateHz;
    this.#uplink = new FrameProducer(uplink, frameSamples);
    this.#downlink = new FrameConsumer(downlink, frameSamples);
    this.#countFrom({ refused: 0, missed: 0, discarded: 0 });
    this.#doorbell = buttonOf(doorbell);
    this.#scratch = scratchFor(frameSamples);
    this.#smoother = new EdgeSmoother(rateHz);
    this.#concealment = new Concealment(rateHz);
  }

  /** Uplink frames for which the ring had no room. */
  get refusedFrames(): number {
    return this.#former.refused + this.#uplink.refusedFrames;
  }

  /** Downlink frames that were wanted in the middle of speech and not there. */
  get missedFrames(): number {
    return this.#former.missed + this.#downlink.missedFrames;
  }

  /** Downlink frames dropped by barge-ins. */
  get discardedFrames(): number {
    return this.#former.discarded + this.#downlink.discardedFrames;
  }

  /** Goes on with other rings; the old ones are not touched any more. Throws RangeError for memory of another size. */
  rejoin(options: AudioLegRejoin): void {
    const { uplink, downlink } = ringsOf(options.rings);
    const { frameSamples } = this.#uplink;
    const counted = {
      refused: this.refusedFrames,
      missed: this.missedFrames,
      discarded: this.discardedFrames,
    };
    const last = this.#newestFrame();
    this.#uplink = new FrameProducer(uplink, frameSamples);
    this.#downlink = new FrameConsumer(downlink, frameSamples);
    this.#countFrom(counted);
    this.#doorbell = buttonOf(options.doorbell);
    this.#last = last;
  }

  /** Puts one frame of the caller, L16 little-endian as FreeSWITCH sends it, into the uplink. */
  give(frame: Uint8Array): void {
    incomingBytes.set(frame);
    this.#concealment.pass(this.#scratch.in);
    this.#uplink.put(this.#scratch.in);
  }

  /** Puts a frame that stands for a missing one into the uplink. */
  conceal(): void {
    this.#concealment.fill(this.#scratch.in, () => this.#newestFrame());
    this.#uplink.put(this.#scratch.in);
  }

  /** Takes the next frame for the caller, valid until the next one of any caller; undefined when there is nothing to say. */
  take(): Uint8Array | undefined {
    if (!this.#downlink.take(this.#scratch.out)) return this.#endOfSpeech();
    this.#smoother.speech(this.#scratch.out);
    this.downlinkFrames++;
    return this.#scratch.outBytes;
  }

  /** Tells the shard that frames were given and taken, when it wants to know or little is left to say. */
  ring(): void {
    if (this.#uplink.isWanted || this.#runsLow()) this.#doorbell.press();
  }

  /** Where the uplink is silent, nothing else brings the shard to refill. */
  #runsLow(): boolean {
    return this.#downlink.streaming &&
      this.#downlink.queuedFrames * this.frameMs < LOW_MS;
  }

  /** The newest frame of the caller that stands in a ring, or did. */
  #newestFrame(): Int16Array {
    const frame = new Int16Array(this.#uplink.frameSamples);
    if (!this.#uplink.copyNewest(frame) && this.#last !== undefined) {
      frame.set(this.#last);
    }
    return frame;
  }

  /** What the rings have counted before this end of them was made was told by another. */
  #countFrom(counted: RingCounts): void {
    this.#former = {
      refused: counted.refused - this.#uplink.refusedFrames,
      missed: counted.missed - this.#downlink.missedFrames,
      discarded: counted.discarded - this.#downlink.discardedFrames,
    };
  }

  #endOfSpeech(): Uint8Array | undefined {
    const { streaming } = this.#downlink;
    if (streaming) this.#downlink.miss();
    const needed = this.#smoother.gap(this.#scratch.out, streaming);
    return needed ? this.#scratch.outBytes : undefined;
  }
}

function scratchFor(frameSamples: number): Scratch {
  const made = scratch.get(frameSamples) ?? {
    in: incoming.subarray(0, frameSamples),
    out: outgoing.subarray(0, frameSamples),
    outBytes: new Uint8Array(outgoing.buffer, 0, frameSamples * 2),
  };
  scratch.set(frameSamples, made);
  return made;
}

function buttonOf(place: DoorbellPlace | undefined): DoorbellButton {
  return place === undefined ? MUTE : buttonAt(place);
}
