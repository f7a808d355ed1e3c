import type { Codec } from "../../src/simulator/freeswitch/call_options.ts";
import { SYSTEM_CLOCK } from "../../src/simulator/freeswitch/clock.ts";
import {
  createFreeSwitch,
  type FreeSwitch,
} from "../../src/simulator/freeswitch/free_switch.ts";
import { createKernelAudio } from "../../src/simulator/freeswitch/kernel_audio_socket.ts";
import { type Lateness, Pacer } from "../../src/simulator/freeswitch/pacer.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { BrowserLine } from "./browser_line.ts";
import type { Line, LineAudio } from "./caller.ts";
import type { CallEntry } from "./wire.ts";

/** Rates of a line, in hertz, and the codecs that have them. */
const CODECS: Readonly<Record<number, Codec>> = {
  8000: { name: "PCMA", rateHz: 8000, frameMs: 20 },
  16000: { name: "G722", rateHz: 16_000, frameMs: 20 },
  48000: { name: "opus", rateHz: 48_000, frameMs: 20 },
};

/** Rates of the callers' lines that can be measured. */
export const LINE_RATES_HZ: readonly number[] = Object.keys(CODECS).map(Number);

/** The lines of a capacity run's callers: a FreeSWITCH, and browsers. One thread. */
export class Lines {
  readonly #freeSwitch: FreeSwitch = createFreeSwitch({
    log: SILENT_LOG,
    openAudio: createKernelAudio(),
  });
  readonly #pacer = new Pacer(SYSTEM_CLOCK);
  readonly #browsers = new Set<BrowserLine>();

  /** Calls that are not over. */
  get open(): number {
    return this.#freeSwitch.calls.length + this.#browsers.size;
  }

  /** What was done to FreeSWITCH that must not be done. */
  get violations(): readonly string[] {
    return this.#freeSwitch.violations.map(({ what }) => what);
  }

  /** How late the frames were; there is one kind of line in a run. */
  get lateness(): Lateness {
    const browsers = this.#pacer.lateness();
    return browsers.ticks > 0 ? browsers : this.#freeSwitch.lateness();
  }

  /** Places a call. */
  place(entry: CallEntry, rateHz: number, audio: LineAudio): Line {
    return entry.line === "browser"
      ? this.#browse(entry, rateHz, audio)
      : this.#telephone(entry, rateHz, audio);
  }

  async close(): Promise<void> {
    this.#pacer.close();
    await this.#freeSwitch.close();
  }

  #telephone({ eslPort }: CallEntry, rateHz: number, audio: LineAudio): Line {
    const { name, ...rest } = audio;
    return this.#freeSwitch.placeCall({
      callerNumber: `1380${String(name).padStart(7, "0")}`,
      calledNumber: "1000",
      codec: CODECS[rateHz],
      variables: { send_silence_when_idle: "400" },
      dialplan: [
        { schedHangup: 30 },
        { socket: `127.0.0.1:${eslPort}` },
        { hangup: "NORMAL_TEMPORARY_FAILURE" },
      ],
      ...rest,
    });
  }

  #browse(
    { apiUrl, token }: CallEntry,
    rateHz: number,
    audio: LineAudio,
  ): Line {
    const pacer = this.#pacer;
    const line = new BrowserLine({ apiUrl, token, rateHz, pacer, ...audio });
    this.#browsers.add(line);
    line.ended.then(() => this.#browsers.delete(line));
    return line;
  }
}
