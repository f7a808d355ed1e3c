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

/** Frames on their way out, of all calls one after another; as long as the longest. */
const outgoing = new Int16Array(960);

/** The shard is told when fewer frames than these are left in the middle of speech. */
const LOW_FRAMES = 4;

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
 * thread; allocates nothing for a frame.
 */
export class FrameExchange implements UplinkFrames {
  readonly frameBytes: number;
  readonly frameMs: number;
  downlinkFrames = 0;
  #uplink: FrameProducer;
  #downlink: FrameConsumer;
  #doorbell: DoorbellButton;
  /** The caller's newest frame, where it stands in the ring: it is copied before the ring comes round. */
  #last: Int16Array;
  #out: Int16Array;
  #outBytes: Uint8Array;
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
    this.#last = new Int16Array(frameSamples);
    this.#out = frameSamples <= outgoing.length
      ? outgoing.subarray(0, frameSamples)
      : new Int16Array(frameSamples);
    this.#outBytes = new Uint8Array(
      this.#out.buffer,
      this.#out.byteOffset,
      this.#out.byteLength,
    );
    this.#smoother = new EdgeSmoother(rateHz);
    this.#concealment = new Concealment(rateHz, frameSamples);
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
    this.#uplink = new FrameProducer(uplink, frameSamples);
    this.#downlink = new FrameConsumer(downlink, frameSamples);
    this.#countFrom(counted);
    this.#doorbell = buttonOf(options.doorbell);
    // The old ring's memory may be another call's soon.
    this.#last = this.#last.slice();
  }

  /** Puts one frame of the caller, L16 little-endian as FreeSWITCH sends it, into the uplink. */
  give(frame: Uint8Array): void {
    const target = this.#uplink.claim();
    if (target === undefined) return;
    this.#uplink.fillClaimed(frame);
    this.#concealment.pass(target);
    this.#last = target;
    this.#uplink.publish();
  }

  /** Puts a frame that stands for a missing one into the uplink. */
  conceal(): void {
    const target = this.#uplink.claim();
    if (target === undefined) return;
    this.#concealment.fill(target, this.#last);
    this.#uplink.publish();
  }

  /** Takes the next frame for the caller, valid until the next one of any caller; undefined when there is nothing to say. */
  take(): Uint8Array | undefined {
    const frame = this.#downlink.peek();
    if (frame === undefined) return this.#endOfSpeech();
    this.#out.set(frame);
    this.#downlink.advance();
    this.#smoother.speech(this.#out);
    this.downlinkFrames++;
    return this.#outBytes;
  }

  /** Tells the shard that frames were given and taken, when it wants to know or little is left to say. */
  ring(): void {
    if (this.#uplink.isWanted || this.#runsLow()) this.#doorbell.press();
  }

  /** Where the uplink is silent, nothing else brings the shard to refill. */
  #runsLow(): boolean {
    return this.#downlink.streaming && this.#downlink.queuedFrames < LOW_FRAMES;
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
    const needed = this.#smoother.gap(this.#out, streaming);
    return needed ? this.#outBytes : undefined;
  }
}

function buttonOf(place: DoorbellPlace | undefined): DoorbellButton {
  return place === undefined ? MUTE : buttonAt(place);
}
