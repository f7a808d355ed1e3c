import type { Arrival } from "../../src/simulator/freeswitch/audio_socket.ts";
import type {
  CallOutcome,
  Codec,
  SimulatedCall,
} from "../../src/simulator/freeswitch/call_options.ts";
import type { FreeSwitch } from "../../src/simulator/freeswitch/free_switch.ts";
import { DownlinkReader } from "./downlink_reader.ts";
import { levelOf } from "./level_code.ts";
import { ANSWER_FRAMES, type Profile, speaksIn } from "./profile.ts";
import { MARK_EVERY_FRAMES } from "./uplink_reader.ts";
import type { CallerMarks } from "./wire.ts";

/** Rates of a line, in hertz, and the codecs that have them. */
const CODECS: Readonly<Record<number, Codec>> = {
  8000: { name: "PCMA", rateHz: 8000, frameMs: 20 },
  16000: { name: "G722", rateHz: 16_000, frameMs: 20 },
  48000: { name: "opus", rateHz: 48_000, frameMs: 20 },
};

/** Rates of the callers' lines that can be measured. */
export const LINE_RATES_HZ: readonly number[] = Object.keys(CODECS).map(Number);

/** What makes a {@linkcode Caller}. */
export interface CallerOptions {
  readonly eslPort: number;
  readonly name: number;
  readonly profile: Profile;
  readonly rateHz: number;
}

/** One caller: speaks numbered frames and follows what it hears. One thread. */
export class Caller {
  readonly call: SimulatedCall;
  readonly reader: DownlinkReader;
  /** Resolves at the first datagram of the assistant's speech, or at the call's end. */
  readonly hears: Promise<void>;
  outcome?: CallOutcome;
  answered = false;
  readonly #name: number;
  readonly #profile: Profile;
  readonly #sent: number[] = [];
  readonly #sentMs: number[] = [];
  readonly #firstHeard = Promise.withResolvers<void>();

  constructor(freeSwitch: FreeSwitch, options: CallerOptions) {
    const { profile, rateHz, name } = options;
    this.#name = name;
    this.#profile = profile;
    this.hears = this.#firstHeard.promise;
    this.reader = new DownlinkReader(rateHz, {
      answerFrames: ANSWER_FRAMES[profile],
      interrupts: profile === "turns",
    });
    this.call = freeSwitch.placeCall({
      callerNumber: `1380${String(name).padStart(7, "0")}`,
      calledNumber: "1000",
      codec: CODECS[rateHz],
      variables: { send_silence_when_idle: "400" },
      dialplan: [
        { schedHangup: 30 },
        { socket: `127.0.0.1:${options.eslPort}` },
        { hangup: "NORMAL_TEMPORARY_FAILURE" },
      ],
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
