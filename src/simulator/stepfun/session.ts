// Long because: a state machine in which each client event is one short method.
import { ProtocolError, RemoteError } from "../../errors.ts";
import type { AppendReader } from "./append_reader.ts";
import type { Answer } from "./answer.ts";
import { Conversation, readClientItem } from "./conversation.ts";
import { type Dialect, DIALECTS } from "./dialect.ts";
import { EchoResponse } from "./echo_response.ts";
import {
  type ClientEvent,
  invalidFormat,
  keyOf,
  parseEvent,
  readSamples,
} from "./client_event.ts";
import { type ClientEventKey, STEPFUN_CLIENT_EVENTS } from "./event_names.ts";
import type { Faults } from "./faults.ts";
import { FunctionCallResponse } from "./function_call_response.ts";
import { InputAudio } from "./input_audio.ts";
import { Outbox } from "./outbox.ts";
import type { ResponseHost, RunningResponse } from "./running_response.ts";
import type { ServerSocket } from "./server_socket.ts";
import { initialSettings, type SessionSettings } from "./session_settings.ts";
import {
  type SessionItem,
  type SimulatedSession,
  zeroCounts,
} from "./simulated_session.ts";
import { SpokenResponse } from "./spoken_response.ts";
import type { StepFunObservers, StepFunSettings } from "./stepfun_options.ts";
import type { Ticker } from "./ticker.ts";
import { Timers } from "./timers.ts";
import type { Turn } from "./turn.ts";

/** What a {@linkcode Session} is made of. */
export interface SessionOptions {
  readonly index: number;
  readonly model: string;
  readonly faults: Faults;
  readonly ticker: Ticker;
  readonly appends: AppendReader;
  readonly settings: StepFunSettings & StepFunObservers;
  readonly answer: (turn: Turn, number: number) => Answer;
}

const KEPT_NOTES = 100;
const KEPT_ITEMS = 500;
const ABNORMAL = 1006;
const NORMAL = 1000;

/** One realtime conversation as the service leads it. Any thread. */
export class Session implements SimulatedSession {
  readonly index: number;
  readonly model: string;
  readonly counts = zeroCounts();
  readonly items: SessionItem[] = [];
  readonly texts: string[] = [];
  readonly truncatedAtMs: number[] = [];
  readonly #options: SessionOptions;
  readonly #dialect: Dialect;
  readonly #voices: readonly string[];
  readonly #startedMs = performance.now();
  readonly #socket: ServerSocket;
  readonly #timers: Timers;
  readonly #outbox: Outbox;
  readonly #history = new Conversation();
  readonly #input: InputAudio;
  readonly #acts: Readonly<
    Record<ClientEventKey, (event: ClientEvent) => void>
  >;
  #settings: SessionSettings;
  #ended = false;
  #response: RunningResponse | undefined;
  #lastTurn: Turn = { type: "text", text: "" };
  #owesResponse = false;
  #writtenTurns = 0;
  #speechItemId = "";
  #speechStartMs = 0;
  #ids = 0;
  #quietUntilMs: number;

  constructor(socket: ServerSocket, options: SessionOptions) {
    const { settings, faults, model } = options;
    this.#options = options;
    this.#socket = socket;
    this.index = options.index;
    this.model = model;
    this.#dialect = DIALECTS[settings.dialect];
    this.#voices = settings.voices.length > 0
      ? settings.voices
      : this.#dialect.voicesOf(model);
    this.#settings = initialSettings(model, this.#voices[0]);
    this.#quietUntilMs = performance.now() + settings.phaseMs(this.index);
    this.#timers = new Timers(options.ticker);
    this.#outbox = new Outbox(socket, {
      names: this.#dialect.serverEvents,
      faults,
      timers: this.#timers,
      onSent: settings.onSent &&
        ((event) => settings.onSent?.(this.index, event, performance.now())),
    });
    const { inputRateHz: rateHz, maxTurnMs } = settings;
    const keepsSamples = settings.mode === "parrot";
    this.#input = new InputAudio({ rateHz, maxTurnMs, keepsSamples }, {
      started: (startMs) => this.#speechStarted(startMs),
      stopped: (endMs, samples) => this.#speechStopped(endMs, samples),
    });
    this.#acts = {
      sessionUpdate: (event) => this.#updateSession(event),
      append: (event) => this.#append(event),
      commit: () => this.#commit(),
      clear: () => this.#clear(),
      itemCreate: (event) => this.#createItem(event),
      itemDelete: (event) => this.#deleteItem(event),
      itemTruncate: (event) => this.#truncateItem(event),
      responseCreate: () => this.#createResponse(),
      responseCancel: () => this.#cancelResponse(),
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  get settings(): SessionSettings {
    return this.#settings;
  }

  sendRaw(text: string): void {
    this.#outbox.raw(text);
  }

  end(code: number): void {
    this.#socket.end(code);
  }

  cut(): void {
    this.#socket.cut();
  }

  stall(on: boolean): void {
    this.#socket.stall(on);
  }

  mute(on: boolean): void {
    this.#outbox.muteAt(on ? "mid_response" : undefined);
  }

  limit(ms: number): void {
    if (!Number.isFinite(ms)) return;
    const leftMs = this.#startedMs + ms - performance.now();
    this.#timers.after(Math.max(0, leftMs), () => this.#socket.end(NORMAL));
  }

  /** Leads the conversation until its socket is closed; rejects only with what an observer throws. Call once. */
  async run(): Promise<void> {
    const { sessionLimitMs, idleCloseMs } = this.#options.settings;
    this.#outbox.reach("open");
    this.#outbox.event("sessionCreated", { session: this.#show("created") });
    this.limit(sessionLimitMs);
    if (Number.isFinite(idleCloseMs)) this.#watchIdle(idleCloseMs);
    try {
      await this.#socket.run((text) => this.#receive(text));
    } finally {
      this.#ended = true;
      this.#timers.close();
    }
  }

  #receive(text: Uint8Array): void {
    // Who wants to see events wants to see all of them.
    const samples = this.#options.settings.onEvent === undefined
      ? this.#options.appends.read(text)
      : undefined;
    if (samples !== undefined) return this.#hear(samples);
    const event = parseEvent(text);
    const act = event && keyOf(event, STEPFUN_CLIENT_EVENTS);
    if (event === undefined || act === undefined) {
      return this.#complain(invalidFormat(), event);
    }
    this.#options.settings.onEvent?.(this.index, event);
    try {
      this.#acts[act](event);
    } catch (error) {
      this.#complain(error, event);
    }
  }

  #complain(error: unknown, event: ClientEvent | undefined): void {
    const known = error instanceof RemoteError ||
      error instanceof ProtocolError;
    if (!known) throw error;
    this.counts.errors++;
    this.#outbox.event("error", {
      error: {
        ...this.#dialect.describeError(error),
        event_id: event?.event_id,
      },
    });
  }

  #updateSession(event: ClientEvent): void {
    const update = event.session;
    if (typeof update !== "object" || update === null) throw invalidFormat();
    const fields = update as Record<string, unknown>;
    if (fields.model !== undefined && fields.model !== this.model) {
      return this.#socket.end(ABNORMAL);
    }
    this.#settings = this.#dialect.session.update(this.#settings, fields, {
      vadDefaults: this.#options.settings.vad,
      voices: this.#voices,
      spoke: this.counts.deltas > 0,
    });
    this.#input.configure(this.#settings.vad);
    this.#outbox.event("sessionUpdated", { session: this.#show("updated") });
  }

  #append(event: ClientEvent): void {
    this.#hear(readSamples(event.audio));
  }

  #hear(samples: Int16Array): void {
    const { onAudio, mode } = this.#options.settings;
    this.counts.appends++;
    this.counts.appendedSamples += samples.length;
    onAudio?.(this.index, samples, this.#socket.lastReadMs);
    if (mode !== "echo" && mode !== "duplex") {
      return this.#input.append(samples);
    }
    const { lastReadMs } = this.#socket;
    if (this.#response === undefined && lastReadMs >= this.#quietUntilMs) {
      this.#respond();
    }
    if (this.#response?.wantsAudio) this.#response.push(samples);
  }

  #commit(): void {
    if (this.#settings.vad !== undefined) {
      throw new RemoteError("commit when server vad");
    }
    const samples = this.#input.take();
    if (samples.length === 0) {
      throw new RemoteError(
        "input audio buffer is empty, append is not called",
      );
    }
    this.#speechItemId = this.#nextId("item");
    const { inputRateHz } = this.#options.settings;
    this.#endTurn(samples, samples.length / inputRateHz * 1000);
  }

  #clear(): void {
    this.#input.clear();
    this.#outbox.event("cleared", {});
  }

  #createItem(event: ClientEvent): void {
    const item = readClientItem(event.item, this.#dialect.content);
    const { role, text: words } = item;
    this.#remember({ role, text: words, by: "client" });
    const id = this.#nextId("item");
    const [type] = this.#dialect.content[role];
    const text = { type, text: words };
    this.#addItem(id, {
      type: item.type,
      role,
      content: this.#options.faults.nullContent ? null : [text],
    });
    if (role === "assistant") return;
    this.#lastTurn = { type: "text", text: words };
    this.#writtenTurns++;
    note(this.texts, words);
  }

  #deleteItem(event: ClientEvent): void {
    const { item_id } = event;
    if (!this.#history.delete(item_id)) throw new RemoteError("item not found");
    this.#outbox.event("itemDeleted", { item_id });
  }

  #truncateItem(event: ClientEvent): void {
    const { item_id, content_index, audio_end_ms } = event;
    if (typeof audio_end_ms !== "number") throw invalidFormat();
    note(this.truncatedAtMs, audio_end_ms);
    if (!this.#history.has(item_id)) throw new RemoteError("item not found");
    if (!this.#options.settings.truncation) return;
    const fields = { item_id, content_index, audio_end_ms };
    this.#outbox.event("itemTruncated", fields);
  }

  #createResponse(): void {
    if (this.#response !== undefined) {
      throw new RemoteError("ongoing response already exists");
    }
    if (this.#history.empty && this.#dialect.needsHistory) {
      throw new RemoteError(
        "cannot set `continue_final_message` when there is no message",
      );
    }
    // What is only history asks for no answer.
    if (this.#writtenTurns > 0) this.counts.turns++;
    this.#writtenTurns = 0;
    this.#respond();
  }

  #cancelResponse(): void {
    if (this.#response === undefined) {
      throw new RemoteError("no ongoing response to cancel");
    }
    this.#owesResponse = false;
    this.#response.cancel();
  }

  #speechStarted(startMs: number): void {
    this.#speechStartMs = startMs;
    this.#speechItemId = this.#nextId("item");
    this.#outbox.event("speechStarted", {
      audio_start_ms: startMs,
      item_id: this.#speechItemId,
    });
    if (this.#settings.yields) this.#response?.cancel();
  }

  #speechStopped(endMs: number, samples: Int16Array): void {
    this.#outbox.event("speechStopped", {
      audio_end_ms: endMs,
      item_id: this.#speechItemId,
    });
    this.#endTurn(samples, endMs - this.#speechStartMs);
    if (!this.#settings.answersTurns) return;
    // What the service does when it still speaks is not known; here it waits.
    if (this.#response === undefined) this.#respond();
    else this.#owesResponse = true;
  }

  #endTurn(samples: Int16Array, durationMs: number): void {
    const item_id = this.#speechItemId;
    this.counts.turns++;
    this.#lastTurn = { type: "speech", samples, durationMs };
    const previous_item_id = this.#history.lastId;
    this.#outbox.event("committed", { previous_item_id, item_id });
    const part = { type: "input_audio", transcript: null };
    this.#addItem(item_id, {
      type: "message",
      role: "user",
      content: this.#options.faults.nullContent ? null : [part],
    });
    this.#transcribe(item_id, this.#lastTurn);
  }

  /** Runs beside the response, so its events land wherever they land. */
  #transcribe(item_id: string, turn: Turn): void {
    const transcript = this.#options.settings.transcribe(turn);
    this.#remember({ role: "user", text: transcript, by: "speech" });
    const middle = Math.ceil(transcript.length / 2);
    const half = transcript.slice(0, middle);
    const rest = this.#dialect.wholePartials
      ? transcript
      : transcript.slice(middle);
    const fields = { item_id, content_index: 0 };
    this.#timers.after(0, () => {
      for (const delta of [half, rest]) {
        this.#outbox.event("transcriptionDelta", { ...fields, delta });
      }
      this.#outbox.event("transcriptionCompleted", { ...fields, transcript });
    });
  }

  #addItem(
    id: string,
    item: {
      type: "message" | "function_call_output";
      role: "user" | "assistant";
      content: unknown;
    },
  ): void {
    const previous_item_id = this.#history.lastId;
    this.#history.add({ id, type: item.type, role: item.role });
    const shown = { id, object: "realtime.item", status: "completed", ...item };
    this.#outbox.event("itemCreated", { previous_item_id, item: shown });
    this.#outbox.event("itemDone", { previous_item_id, item: shown });
  }

  #respond(): void {
    this.#owesResponse = false;
    const { settings, answer } = this.#options;
    const number = this.counts.responses++;
    const host = this.#hostResponse();
    const call = settings.functionCall;
    if (settings.mode === "echo") this.#response = new EchoResponse(host);
    else if (call?.atResponse === number + 1) {
      this.#response = new FunctionCallResponse(call, host);
    } else {
      const said = answer(this.#lastTurn, number);
      const transcript = said.transcript + this.#recall();
      this.#response = new SpokenResponse({ ...said, transcript }, host);
    }
    this.#response.start();
  }

  #hostResponse(): ResponseHost {
    const itemId = this.#nextId("item");
    const previousItemId = this.#history.lastId;
    this.#history.add({ id: itemId, type: "message", role: "assistant" });
    return {
      outbox: this.#outbox,
      timers: this.#timers,
      settings: this.#options.settings,
      faults: this.#options.faults,
      counts: this.counts,
      ids: { responseId: this.#nextId("resp"), itemId, previousItemId },
      audioPart: this.#dialect.audioPart,
      ended: (said, whole) => this.#responseEnded(said, whole),
    };
  }

  #responseEnded(text = "", whole = false): void {
    this.#response = undefined;
    if (text !== "") {
      const said = { role: "assistant", text, by: "speech" } as const;
      this.#remember(whole ? said : { ...said, cut: true });
    }
    const { pauseMs } = this.#options.settings;
    if (pauseMs > 0) this.#quietUntilMs = performance.now() + pauseMs;
    if (this.#owesResponse) this.#respond();
  }

  #watchIdle(idleCloseMs: number): void {
    const idleMs = performance.now() - this.#socket.lastReadMs;
    if (idleMs >= idleCloseMs) return this.#socket.end(NORMAL);
    this.#timers.after(idleCloseMs - idleMs, () => {
      this.#watchIdle(idleCloseMs);
    });
  }

  #remember(item: SessionItem): void {
    this.items.push(item);
    if (this.items.length > KEPT_ITEMS) this.items.shift();
  }

  /** What the client's items say, so that an answer shows that they are known. */
  #recall(): string {
    if (!this.#options.settings.recall) return "";
    const given = this.items.filter(({ by }) => by === "client");
    const last = given.at(-1)?.text ?? "nothing";
    return ` (I remember ${given.length}, the last: ${last})`;
  }

  #show(event: "created" | "updated") {
    const shown = this.#dialect.session.describe(this.#settings, event);
    return { id: `sess_${this.index}`, object: "realtime.session", ...shown };
  }

  #nextId(prefix: string): string {
    return `${prefix}_${this.index}_${++this.#ids}`;
  }
}

/** Keeps the newest. */
function note<T>(notes: T[], value: T): void {
  notes.push(value);
  if (notes.length > KEPT_NOTES) notes.shift();
}
