import type { ServerEventKey } from "../../src/simulator/stepfun/event_names.ts";
import { UplinkReader } from "./uplink_reader.ts";
import type { SessionMarks } from "./wire.ts";

/** Rate at which the model listens. */
export const INPUT_RATE_HZ = 16_000;

/** What the model notes of one session, by its own clock. One thread. */
export class SessionListener {
  readonly #heard: number[] = [];
  readonly #heardMs: number[] = [];
  readonly #firstDeltasMs: number[] = [];
  readonly #speechStartedMs: number[] = [];
  readonly reader = new UplinkReader(INPUT_RATE_HZ, (number, timeMs) => {
    this.#heard.push(number);
    this.#heardMs.push(timeMs);
  });
  #begins = false;

  /** Takes note of an event that leaves. */
  note(event: ServerEventKey, timeMs: number): void {
    if (event === "responseCreated") this.#begins = true;
    else if (event === "speechStarted") this.#speechStartedMs.push(timeMs);
    else if (event === "audioDelta" && this.#begins) {
      this.#begins = false;
      this.#firstDeltasMs.push(timeMs);
    }
  }

  /** All that was noted. */
  marks(): SessionMarks {
    return {
      name: this.reader.name,
      heard: this.#heard,
      heardMs: this.#heardMs,
      firstDeltasMs: this.#firstDeltasMs,
      speechStartedMs: this.#speechStartedMs,
    };
  }
}
