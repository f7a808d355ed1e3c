import type { ServerEventKey, ServerEventNames } from "./event_names.ts";
import type { Faults, Step } from "./faults.ts";
import type { ServerSocket } from "./server_socket.ts";
import type { Timers } from "./timers.ts";

const STEP_OF: Partial<Record<ServerEventKey, Step>> = {
  sessionCreated: "created",
  sessionUpdated: "updated",
  speechStarted: "speech_started",
  speechStopped: "speech_stopped",
  committed: "committed",
  responseCreated: "response.created",
  audioDone: "audio.done",
  responseDone: "response.done",
};

const DELTA_END = new TextEncoder().encode('"}');

/** What an {@linkcode Outbox} is made of. */
export interface OutboxOptions {
  readonly names: ServerEventNames;
  readonly faults: Faults;
  readonly timers: Timers;
  /** Told of each event just before it is sent. */
  readonly onSent?: (event: ServerEventKey) => void;
}

/**
 * Everything that a session sends goes through it: it names and numbers the
 * events and lets the faults strike that concern more than one of them. Any
 * thread.
 */
export class Outbox {
  readonly #socket: ServerSocket;
  readonly #options: OutboxOptions;
  readonly #omitted: Partial<Record<ServerEventKey, boolean>>;
  #events = 0;
  #silent = false;
  #muteAt?: Step;

  constructor(socket: ServerSocket, options: OutboxOptions) {
    const { faults } = options;
    this.#socket = socket;
    this.#options = options;
    this.#omitted = {
      sessionCreated: faults.noSessionCreated,
      sessionUpdated: faults.noSessionUpdated,
      audioDelta: faults.noAudio,
      audioDone: faults.noAudio,
    };
  }

  /** Sends one event. */
  event(key: ServerEventKey, fields: Readonly<Record<string, unknown>>): void {
    if (this.#omitted[key]) return;
    const type = this.#options.names[key];
    // This dialect has no such event.
    if (type === "") return;
    const event_id = this.#nextId();
    this.#options.onSent?.(key);
    this.raw(JSON.stringify({ event_id, type, ...fields }));
    const step = STEP_OF[key];
    if (step !== undefined) this.reach(step);
  }

  /** Sends one event of audio; `fields` are JSON text without its braces, `delta` are the bytes of base64. */
  audioDelta(fields: string, delta: Uint8Array): void {
    if (this.#omitted.audioDelta) return;
    const type = this.#options.names.audioDelta;
    this.#options.onSent?.("audioDelta");
    const head =
      `{"event_id":"${this.#nextId()}","type":"${type}",${fields},"delta":"`;
    if (this.#silent) return;
    this.#deliver(() => {
      this.#socket.sendText(head, [delta, DELTA_END]);
      // Many sessions speak in one turn: what each has to say is still at hand.
      this.#socket.flush();
    });
  }

  /** Falls silent when it comes to this step; undefined for never, unless it has. */
  muteAt(step: Step | undefined): void {
    this.#muteAt = step;
  }

  /** Sends a text as it is. */
  raw(text: string): void {
    if (!this.#silent) this.#deliver(() => this.#socket.sendText(text));
  }

  /** Says that the session has come to a step, where faults may wait. */
  reach(step: Step): void {
    if (this.#silent) return;
    const { closeAt, stallAt, injectAt = "response.created" } =
      this.#options.faults;
    if (step === injectAt) this.#inject();
    if (step === stallAt || step === this.#muteAt) this.#silent = true;
    if (step !== closeAt?.step) return;
    this.#silent = true;
    this.#deliver(() => this.#socket.end(closeAt.code));
  }

  #inject(): void {
    const { brokenJson, unknownEvent, errorEvent, binaryFrame } =
      this.#options.faults;
    if (brokenJson) this.raw('{"type":"response.audio.delta","delta":"AAA');
    if (unknownEvent) {
      this.raw(`{"event_id":"${this.#nextId()}","type":"response.surprise"}`);
    }
    if (errorEvent !== undefined) {
      const error = { type: "server_error", message: errorEvent };
      this.event("error", { error });
    }
    if (binaryFrame) {
      this.#deliver(() => this.#socket.sendBinary(new Uint8Array(640)));
    }
  }

  #deliver(act: () => void): void {
    const { slow } = this.#options.faults;
    if (slow === undefined) act();
    else this.#options.timers.after(slow, act);
  }

  #nextId(): string {
    return `event_${++this.#events}`;
  }
}
