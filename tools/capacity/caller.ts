import type { Arrival } from "../../src/simulator/freeswitch/audio_socket.ts";
import { DownlinkReader } from "./downlink_reader.ts";
import { levelOf } from "./level_code.ts";
import { ANSWER_FRAMES, type Profile, speaksIn } from "./profile.ts";
import { MARK_EVERY_FRAMES } from "./uplink_reader.ts";
import type { CallerMarks } from "./wire.ts";

/** A call as a caller has it, by telephone or from a browser. */
export interface Line {
  /** Milliseconds from placing it; rejects when it ends before. */
  readonly answered: Promise<number>;
  readonly ended: Promise<{ readonly cause: string }>;
  readonly stats: { readonly framesSent: number; readonly unsent: number };
  hangUp(): void;
}

/** What a caller says, and is told of what it hears. */
export interface LineAudio {
  readonly name: number;
  /** Fills one frame of what the caller says; false for silence. `index` counts from 0. */
  readonly speech: (frame: Int16Array, index: number) => boolean;
  /** A frame came, which is heard later; valid during the call only. */
  readonly arrived: (frame: Uint8Array, arrival: Arrival) => void;
  /** Called once a frame time with what is heard; undefined for nothing. `timeMs` counts from the start. */
  readonly heard: (
    frame: Int16Array | undefined,
    tick: number,
    timeMs: number,
  ) => void;
}

/** What makes a {@linkcode Caller}. */
export interface CallerOptions {
  readonly name: number;
  readonly profile: Profile;
  readonly rateHz: number;
  readonly place: (audio: LineAudio) => Line;
}

/** One caller: speaks numbered frames and follows what it hears. One thread. */
export class Caller {
  readonly call: Line;
  readonly reader: DownlinkReader;
  /** Resolves at the first datagram of the assistant's speech, or at the call's end. */
  readonly hears: Promise<void>;
  outcome?: { readonly cause: string };
  answered = false;
  readonly #name: number;
  readonly #profile: Profile;
  readonly #sent: number[] = [];
  readonly #sentMs: number[] = [];
  readonly #firstHeard = Promise.withResolvers<void>();

  constructor(options: CallerOptions) {
    const { profile, rateHz, name } = options;
    this.#name = name;
    this.#profile = profile;
    this.hears = this.#firstHeard.promise;
    this.reader = new DownlinkReader(rateHz, {
      answerFrames: ANSWER_FRAMES[profile],
      interrupts: profile === "turns",
    });
    this.call = options.place({
      name,
      speech: (frame, number) => this.#speak(frame, number),
      arrived: (datagram, arrival) => this.#arrive(datagram, arrival),
      heard: (frame, _tick, timeMs) => this.reader.hear(frame, timeMs),
    });
    this.call.answered.then(() => this.answered = true, () => {});
    this.call.ended.then((outcome) => {
      this.outcome = outcome;
      this.#firstHeard.resolve();
    });
  }

  /** What was timed since `fromMs`. */
  marks(): CallerMarks {
    const { firstFramesMs, runs } = this.reader;
    return {
      name: this.#name,
      sent: this.#sent,
      sentMs: this.#sentMs,
      firstFramesMs,
      runs,
    };
  }

  #speak(frame: Int16Array, number: number): boolean {
    if (!speaksIn(this.#profile, number, this.#name)) return false;
    frame.fill(levelOf(number, this.#name));
    if (number % MARK_EVERY_FRAMES === 0) {
      this.#sent.push(number);
      this.#sentMs.push(performance.now());
    }
    return true;
  }

  #arrive(datagram: Uint8Array, arrival: Arrival): void {
    this.reader.arrive(datagram, arrival);
    if (this.reader.runs.length > 0) this.#firstHeard.resolve();
  }
}
