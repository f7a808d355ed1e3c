import type { EventFormat, SwitchEvent } from "./events.ts";

const OWN_EVENTS = [
  "CHANNEL_ANSWER",
  "CHANNEL_BRIDGE",
  "CHANNEL_EXECUTE",
  "CHANNEL_EXECUTE_COMPLETE",
  "CHANNEL_HANGUP",
  "CHANNEL_HANGUP_COMPLETE",
  "CHANNEL_PARK",
  "CHANNEL_PROGRESS",
  "CHANNEL_PROGRESS_MEDIA",
  "CHANNEL_STATE",
  "CHANNEL_UNBRIDGE",
  "CHANNEL_UNPARK",
  "DTMF",
];
const FORMATS: readonly string[] = ["plain", "json", "xml"];
const EVENT_NAME = /^[A-Z_]+$/;

/** Which events one event socket is sent, and how; the replies are FreeSWITCH's. One thread. */
export class Subscription {
  readonly #ownUuid: string;
  readonly #names = new Set<string>();
  readonly #filters: [name: string, value: string][] = [];
  #format: EventFormat = "plain";
  #ownOnly = false;
  #listening = false;

  constructor(ownUuid: string) {
    this.#ownUuid = ownUuid;
  }

  get format(): EventFormat {
    return this.#format;
  }

  wants(event: SwitchEvent): boolean {
    if (!this.#names.has(event.name) && !this.#names.has("ALL")) return false;
    // Without myevents every call of the machine is heard: measured, and a trap.
    if (this.#ownOnly && event.uuid !== this.#ownUuid) return false;
    return this.#filters.length === 0 ||
      this.#filters.some(([name, value]) =>
        event.headers.some((header) =>
          header[0] === name && header[1] === value
        )
      );
  }

  /** `myevents [plain|json|xml]` */
  enableOwn(format: string): string {
    if (this.#ownOnly) return "-ERR aready enabled.";
    if (FORMATS.includes(format)) this.#format = format as EventFormat;
    for (const name of OWN_EVENTS) this.#names.add(name);
    this.#ownOnly = true;
    this.#listening = true;
    return "+OK Events Enabled";
  }

  /** `event [plain|json|xml] NAME …` */
  add(words: readonly string[]): string {
    const names = FORMATS.includes(words[0]) ? words.slice(1) : words;
    if (names !== words) this.#format = words[0] as EventFormat;
    const known = names.filter((name) => EVENT_NAME.test(name));
    if (known.length === 0) return "-ERR no keywords supplied";
    for (const name of known) this.#names.add(name);
    this.#listening = true;
    return `+OK event listener enabled ${this.#format}`;
  }

  /** `nixevent NAME …` */
  remove(words: readonly string[]): string {
    const known = words.filter((name) => EVENT_NAME.test(name));
    if (known.length === 0) return "-ERR no keywords supplied";
    for (const name of known) this.#names.delete(name);
    return "+OK events nixed";
  }

  /** `noevents` */
  removeAll(): string {
    if (!this.#listening) return "-ERR not listening for events";
    this.#names.clear();
    this.#listening = false;
    return "+OK no longer listening for events";
  }

  /** `filter [add|delete] NAME VALUE` */
  filter(words: readonly string[]): string {
    const [first, second, ...rest] = words;
    if (first === "delete") {
      for (let index = this.#filters.length - 1; index >= 0; index--) {
        const [name] = this.#filters[index];
        if (second === "all" || name === second) this.#filters.splice(index, 1);
      }
      return `+OK filter deleted. [${second ?? ""}][${rest.join(" ")}]`;
    }
    const [name, value] = first === "add"
      ? [second, rest.join(" ")]
      : [first, [second, ...rest].join(" ").trim()];
    if (name === undefined || value === "") return "-ERR invalid syntax";
    this.#filters.push([name, value]);
    return `+OK filter added. [${name}]=[${value}]`;
  }
}
