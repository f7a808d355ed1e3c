import type { CreateResampler } from "../audio/resampler.ts";
import { FrameConsumer, FrameProducer } from "../ring/frame_ring.ts";
import { type RingPlace, ringsOf } from "../ring/layout.ts";
import { Playout, type PlayoutEvents } from "./playout.ts";
import {
  closePair,
  makeResamplerPair,
  type ResamplerPair,
} from "./resampler_pair.ts";
import type { SpeechModel } from "./speech_model.ts";
import { Uplink } from "./uplink.ts";

/** The call's end of the rings; see `protocol.ts`. */
export interface AttachOptions {
  readonly rings: RingPlace;
  readonly rateHz: number;
  readonly frameSamples: number;
}

type Rates = Pick<SpeechModel, "inputRateHz" | "outputRateHz">;

/** Parts of a {@linkcode SessionAudio}. */
export interface SessionAudioOptions {
  /** Those of the model that there is, which may become another supplier's. */
  readonly rates: () => Rates;
  readonly createResampler: CreateResampler;
  readonly uplinkBatchMs: number;
  /** Takes the caller's speech at the model's rate; the array is used again afterwards. */
  readonly send: (samples: Int16Array) => void;
  readonly playout: PlayoutEvents;
}

/**
 * A session's audio between its rings and its model, resampled both ways: as
 * the leg and the model come, and when the model becomes one of other rates.
 * Shard's thread.
 */
export class SessionAudio {
  readonly playout: Playout;
  #options: SessionAudioOptions;
  #leg?: AttachOptions;
  #uplink?: Uplink;
  /** Rates that the resamplers are for, or are to be. */
  #known: Rates;
  #closed = false;

  constructor(options: SessionAudioOptions) {
    this.#options = options;
    this.#known = options.rates();
    this.playout = new Playout(this.#known.outputRateHz, options.playout);
  }

  /** Whether there is a leg, or will be in a moment. */
  get hasLeg(): boolean {
    return this.#leg !== undefined;
  }

  /** Joins the leg: what the model has said already is played at once. `held`: what the caller says is kept until it is released. */
  async attach(leg: AttachOptions, held: () => boolean): Promise<void> {
    this.#leg = leg;
    const made = await this.#makeResamplers(leg);
    if (made === undefined) return;
    const { frameSamples, rateHz, rings } = leg;
    const { uplink, downlink } = ringsOf(rings);
    this.#uplink = new Uplink({
      ring: new FrameConsumer(uplink, frameSamples),
      resampler: made.up,
      batchMs: this.#options.uplinkBatchMs,
      frameMs: frameSamples * 1000 / rateHz,
      send: this.#options.send,
    });
    if (held()) this.#uplink.hold();
    const ring = new FrameProducer(downlink, frameSamples);
    this.playout.attach({ ring, resampler: made.down });
  }

  /** The model may be another supplier's, with rates of its own: resolves when both directions are for these. */
  async adoptRates(): Promise<void> {
    const rates = this.#options.rates();
    const isSame = areSame(rates, this.#known);
    this.#known = pick(rates);
    if (isSame) return;
    if (this.#leg === undefined || this.#uplink === undefined) {
      this.playout.changeRate(rates.outputRateHz);
      return;
    }
    const made = await this.#makeResamplers(this.#leg);
    if (made === undefined) return;
    this.#uplink.changeResampler(made.up);
    this.playout.changeRate(this.#options.rates().outputRateHz, made.down);
  }

  /** Moves what there is in both directions; comes again with the caller's next batch, or with the next frame. */
  pump(comeAgain: "batch" | "frame"): void {
    this.#uplink?.pump(comeAgain);
    this.playout.pump();
  }

  /** Is to come again with the caller's next frame. */
  watchFrames(): void {
    this.#uplink?.pump("frame");
  }

  /** The model is away: keeps what the caller says from now on. */
  hold(): void {
    this.#uplink?.hold();
  }

  /** The model is there again: sends what was kept. */
  release(): void {
    this.#uplink?.release();
  }

  /** Gives all memory back. */
  close(): void {
    this.#closed = true;
    this.#uplink?.close();
    this.playout.close();
  }

  /** For the rates of the model that there is when they are ready; undefined when the session is over by then. */
  async #makeResamplers(
    leg: AttachOptions,
  ): Promise<ResamplerPair | undefined> {
    const { createResampler, rates } = this.#options;
    const wanted = pick(rates());
    const made = await makeResamplerPair(createResampler, {
      legHz: leg.rateHz,
      ...wanted,
    });
    if (!this.#closed && areSame(wanted, rates())) return made;
    closePair(made);
    return this.#closed ? undefined : await this.#makeResamplers(leg);
  }
}

function pick({ inputRateHz, outputRateHz }: Rates): Rates {
  return { inputRateHz, outputRateHz };
}

function areSame(one: Rates, other: Rates): boolean {
  return one.inputRateHz === other.inputRateHz &&
    one.outputRateHz === other.outputRateHz;
}
