import type { Answer } from "./answer.ts";
import { ResponseEvents, type ResponseStatus } from "./response_events.ts";
import {
  type ResponseHost,
  type RunningResponse,
  usageOf,
} from "./running_response.ts";

const EQUALS = 61;

/** A response that says a prepared answer, paced by the clock. Any thread. */
export class SpokenResponse implements RunningResponse {
  readonly wantsAudio = false;
  readonly #answer: Answer;
  readonly #host: ResponseHost;
  readonly #events: ResponseEvents;
  readonly #words: readonly string[];
  readonly #intervalMs: number;
  #state: "speaking" | "cancelling" | "ended" = "speaking";
  #firstDueMs = 0;
  #next = 0;
  #saidWords = 0;
  #samples = 0;

  constructor(answer: Answer, host: ResponseHost) {
    this.#answer = answer;
    this.#host = host;
    this.#events = new ResponseEvents(host);
    this.#words = answer.transcript.match(/\S+\s*/g) ?? [];
    const { deltaMs, realtimeFactor } = host.settings;
    this.#intervalMs = deltaMs / (answer.endless ? 1 : realtimeFactor);
  }

  start(): void {
    const { firstAudioDelayMs, thinking } = this.#host.settings;
    this.#events.created();
    this.#events.openMessage();
    if (thinking) this.#events.thinking("I repeat what I was told.");
    const nowMs = performance.now();
    this.#firstDueMs = nowMs + firstAudioDelayMs;
    const dueMs = this.#speak(nowMs);
    if (dueMs === Infinity) return;
    this.#host.timers.whenDue(dueMs, (tickMs) => this.#speak(tickMs));
  }

  cancel(): void {
    if (this.#state !== "speaking") return;
    this.#state = "cancelling";
    const { timers, settings } = this.#host;
    const { cancelDelayMs, cancelLateDeltas, cancelAnswer } = settings;
    for (let i = 1; i <= cancelLateDeltas; i++) {
      const delayMs = cancelDelayMs * i / (cancelLateDeltas + 1);
      timers.after(delayMs, () => this.#sayNext());
    }
    const incomplete = cancelAnswer === "incomplete";
    timers.after(
      cancelDelayMs,
      () => this.#end(incomplete ? "incomplete" : "cancelled"),
    );
  }

  push(): void {}

  /** Says what is due and gives the time of the next; Infinity when there is none. */
  #speak(nowMs: number): number {
    while (this.#state === "speaking") {
      if (this.#over()) {
        this.#end("completed");
        break;
      }
      const dueMs = this.#dueMs();
      if (dueMs > nowMs) return dueMs;
      this.#sayNext();
    }
    return Infinity;
  }

  #dueMs(): number {
    const { leadMs } = this.#host.settings;
    return this.#firstDueMs +
      Math.max(0, this.#next * this.#intervalMs - leadMs);
  }

  #over(): boolean {
    return !this.#answer.endless && this.#next >= this.#answer.deltas.length;
  }

  #sayNext(): void {
    if (this.#state === "ended" || this.#over()) return;
    const { deltas } = this.#answer;
    const index = this.#next++;
    this.#sayWords(Math.min(1, this.#next / deltas.length));
    const delta = deltas[index % deltas.length];
    this.#events.audio(delta);
    this.#count(delta);
    if (this.#next === Math.ceil(deltas.length / 2)) {
      this.#host.outbox.reach("mid_response");
    }
  }

  #sayWords(share: number): void {
    const until = Math.ceil(this.#words.length * share);
    if (until <= this.#saidWords) return;
    this.#events.transcript(
      this.#words.slice(this.#saidWords, until).join(""),
    );
    this.#saidWords = until;
  }

  #count(base64: Uint8Array): void {
    const { length } = base64;
    const isPadding = (at: number) => base64[length - at] === EQUALS;
    const padding = isPadding(2) ? 2 : isPadding(1) ? 1 : 0;
    const samples = (length / 4 * 3 - padding) / 2;
    this.#samples += samples;
    this.#host.counts.deltas++;
    this.#host.counts.deltaSamples += samples;
  }

  #end(status: ResponseStatus): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    const { counts, settings, ended } = this.#host;
    if (status === "completed") counts.completed++;
    else counts.cancelled++;
    const said = this.#words.slice(0, this.#saidWords).join("");
    if (status === "cancelled") this.#events.cancelled();
    if (status !== "cancelled" || settings.cancelAnswer !== "cancelled") {
      this.#events.closeMessage(status, said);
      const item = this.#events.finalItem(status, said);
      const usage = usageOf(this.#host, this.#samples);
      this.#events.done(status, [item], usage);
    }
    ended(said, status === "completed");
  }
}
