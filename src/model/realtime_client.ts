// Long because: the whole life of one conversation stands here.
import {
  type ConversationEvents,
  ModelError,
  type Utterance,
} from "../shard/speech_model.ts";
import { AudioDeltaReader } from "./audio_delta_reader.ts";
import { ClientEvents } from "./client_event.ts";
import type { ClientState, Open, Opening } from "./client_state.ts";
import { Conversation } from "./conversation.ts";
import { openingFailure, type PeerError } from "./error_verdict.ts";
import type { ConnectSocket, SocketEnd } from "./model_socket.ts";
import type { ModelDeadlines } from "./model_deadlines.ts";
import { PeerConduct } from "./peer_conduct.ts";
import { quotePeer } from "./peer_text.ts";
import type { ModelProfile, Persona } from "./profile.ts";
import { decodeServerEvent } from "./decode_server_event.ts";
import type { ServerEvent } from "./server_event.ts";
import { upgradeFailure } from "./upgrade_failure.ts";
import { settledWithin } from "./settled_within.ts";

/** What a {@linkcode RealtimeClient} needs. */
export interface RealtimeClientOptions {
  readonly profile: ModelProfile;
  readonly apiKey: string;
  readonly persona: Persona;
  readonly events: ConversationEvents;
  readonly deadlines: ModelDeadlines;
  readonly connect: ConnectSocket;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

const MOST_BUFFERED_BYTES = 1024 * 1024;
/** A peer that a network has cut off says nothing; the system would wait a quarter of an hour. */
const MOST_LOST_SECONDS = 5;
/** For so long an opening is waited for after an error that may have meant nothing. */
const DOUBT_MS = 500;

/**
 * One conversation over a realtime WebSocket, as its profile says. Worker
 * thread. Closes its socket itself, whatever ends it.
 */
export class RealtimeClient {
  readonly inputRateHz: number;
  readonly outputRateHz: number;
  readonly #options: RealtimeClientOptions;
  readonly #encode: ClientEvents;
  readonly #conduct: PeerConduct;
  readonly #speech: AudioDeltaReader;
  #state: ClientState = { state: "new" };

  constructor(options: RealtimeClientOptions) {
    this.#options = options;
    this.inputRateHz = options.profile.inputRateHz;
    this.outputRateHz = options.profile.outputRateHz;
    this.#encode = new ClientEvents(options.profile);
    this.#conduct = new PeerConduct(options.nowMs);
    this.#speech = new AudioDeltaReader(options.profile.serverEvents);
  }

  async open(signal: AbortSignal): Promise<void> {
    if (this.#state.state === "closed") throw closedWhileOpening();
    if (this.#state.state !== "new") {
      throw new TypeError("Cannot open the model: it was opened before");
    }
    const opening: Opening = {
      state: "opening",
      opened: Promise.withResolvers(),
      gone: Promise.withResolvers(),
      socket: undefined,
      stage: "upgrade",
    };
    this.#state = opening;
    const { openMs, goneMs } = this.#options.deadlines;
    const deadline = setTimeout(() => this.#expire(opening), openMs);
    const abort = () => {
      if (this.#state === opening) this.#finish(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      if (signal.aborted) abort();
      else this.#connect(opening);
      await opening.opened.promise;
    } catch (cause) {
      if (opening.socket !== undefined) {
        await settledWithin(goneMs, opening.gone);
      }
      throw cause;
    } finally {
      clearTimeout(deadline);
      clearTimeout(opening.doubt?.timer);
      signal.removeEventListener("abort", abort);
    }
  }

  appendAudio(samples: Int16Array): void {
    const open = this.#state;
    if (open.state !== "open" || samples.length === 0) return;
    if (open.socket.bufferedBytes <= MOST_BUFFERED_BYTES) {
      open.lostSamples = 0;
      return open.socket.sendSpeech(samples, this.#encode.appendAudio);
    }
    const began = open.lostSamples === 0;
    open.lostSamples += samples.length;
    if (began) this.#complain("it does not read: audio of the caller is lost");
    if (open.lostSamples < MOST_LOST_SECONDS * this.inputRateHz) return;
    const words = `The model has read nothing for ${MOST_LOST_SECONDS} s`;
    this.#finish(new ModelError("timeout", words));
  }

  sendText(text: string): void {
    if (this.#state.state === "open") this.#state.conversation.sendText(text);
  }

  /** Whether a function that the model has called has not returned yet. */
  get awaitsFunction(): boolean {
    return this.#conversation?.awaitsFunction ?? false;
  }

  /** Whether an answer of the model's is still to come. */
  get owesAnswer(): boolean {
    return this.#conversation?.owesAnswer ?? false;
  }

  /** Tells what a function has returned; false when nobody waits for it. */
  answerFunction(id: string, output: string): boolean {
    return this.#conversation?.answerFunction(id, output) ?? false;
  }

  /** Adds what was said before this conversation; what the peer refuses of it is a complaint. */
  giveHistory(history: readonly Utterance[]): void {
    if (this.#state.state !== "open") return;
    for (const { role, text } of history) {
      this.#state.socket.send(
        role === "caller"
          ? this.#encode.createUserMessage(text)
          : this.#encode.createAssistantMessage(text),
      );
    }
  }

  interrupt(heardMs: number): void {
    if (this.#state.state === "open") {
      this.#state.conversation.interrupt(heardMs);
    }
  }

  /** Ends the conversation as if it had failed so. */
  abandon(failure: ModelError): void {
    this.#finish(failure);
  }

  close(): void {
    this.#finish();
  }

  get #conversation(): Conversation | undefined {
    const state = this.#state;
    return state.state === "open" ? state.conversation : undefined;
  }

  #connect(opening: Opening): void {
    const { profile, apiKey, connect } = this.#options;
    const headers = { authorization: `Bearer ${apiKey}` };
    try {
      opening.socket = connect({ url: profile.url, headers }, {
        opened: () => {
          opening.stage = "session.created";
        },
        offer: (text) => this.#receiveSpeech(text),
        message: (data) => this.#receive(data),
        gone: (end) => {
          opening.gone.resolve();
          this.#lost(end);
        },
      });
    } catch (cause) {
      const message = "Cannot open the model: its address cannot be used";
      this.#finish(new ModelError("unreachable", message, { cause }));
    }
  }

  #receiveSpeech(text: Uint8Array): boolean {
    const event = this.#speech.read(text);
    if (event !== undefined) this.#take(event);
    return event !== undefined;
  }

  #receive(data: unknown): void {
    const { serverEvents } = this.#options.profile;
    this.#take(decodeServerEvent(data, serverEvents));
  }

  #take(event: ServerEvent): void {
    if (event.type === "unknown") {
      if (this.#conduct.unknown(event.name)) {
        this.#complain(`an event of an unknown type: ${event.name}`);
      }
      return;
    }
    if (event.type === "violation") this.#violation(event.message);
    else this.#conduct.good();
    const { state } = this.#state;
    if (state === "opening") this.#prepare(this.#state as Opening, event);
    else if (state === "open") {
      (this.#state as Open).conversation.receive(event);
    }
  }

  #violation(message: string): void {
    const verdict = this.#conduct.violation();
    if (verdict === "report") this.#complain(`it sent ${message}`);
    if (verdict !== "end") return;
    const words = `The model breaks its protocol: it sent ${message}`;
    this.#finish(new ModelError("protocol", words));
  }

  #prepare(opening: Opening, event: ServerEvent): void {
    if (event.type === "error") {
      this.#judge(opening, event);
    } else if (
      event.type === "session_created" && opening.stage === "session.created"
    ) {
      opening.stage = "session.updated";
      const { persona } = this.#options;
      opening.socket!.send(this.#encode.updateSession(persona));
    } else if (
      event.type === "session_updated" && opening.stage === "session.updated"
    ) {
      this.#begin(opening);
    }
  }

  /** An error that names nothing of the opening may be of no account: then it goes on at once. */
  #judge(opening: Opening, error: PeerError): void {
    const { errorRules } = this.#options.profile;
    const verdict = openingFailure(error, errorRules);
    if (verdict === undefined) return;
    const { failure, isCertain } = verdict;
    if (isCertain) return this.#finish(failure);
    if (opening.doubt !== undefined) return;
    const timer = setTimeout(() => this.#expire(opening), DOUBT_MS);
    opening.doubt = { failure, timer };
  }

  #begin(opening: Opening): void {
    const { profile, events, deadlines } = this.#options;
    const socket = opening.socket!;
    const conversation = new Conversation({
      profile,
      encode: this.#encode,
      events,
      send: (frame) => socket.send(frame),
      fail: (failure) => this.#finish(failure),
      responseTimeoutMs: deadlines.responseMs,
      settleTimeoutMs: deadlines.settleMs,
    });
    this.#state = { state: "open", socket, conversation, lostSamples: 0 };
    opening.opened.resolve();
  }

  #expire(opening: Opening): void {
    if (this.#state !== opening) return;
    if (opening.doubt !== undefined) return this.#finish(opening.doubt.failure);
    const { openMs } = this.#options.deadlines;
    const words =
      `Cannot open the model: no ${opening.stage} within ${openMs} ms`;
    this.#finish(new ModelError("timeout", words));
  }

  #lost(end: SocketEnd): void {
    const { code, reason, error } = end;
    const state = this.#state;
    if (state.state === "opening" && state.doubt !== undefined) {
      return this.#finish(state.doubt.failure);
    }
    if (end.isStalled) {
      const words = `The model has fallen silent: ${error}`;
      return this.#finish(new ModelError("timeout", words));
    }
    if (state.state === "opening" && state.stage === "upgrade") {
      return this.#finish(upgradeFailure(end));
    }
    const why = quotePeer([reason, error].filter(Boolean).join(", "));
    const words = `The model closed the connection with ${code}`;
    this.#finish(new ModelError("closed", why ? `${words}: ${why}` : words));
  }

  /** Ends everything, once; without a failure it was we who closed. */
  #finish(failure?: unknown): void {
    const state = this.#state;
    this.#state = { state: "closed" };
    if (state.state === "opening") {
      state.socket?.close();
      state.opened.reject(failure ?? closedWhileOpening());
    } else if (state.state === "open") {
      state.socket.close();
      state.conversation.end(failure === undefined ? "cancelled" : "failed");
      this.#options.events.closed(failure as ModelError | undefined);
    }
  }

  #complain(message: string): void {
    if (this.#state.state === "closed") return;
    this.#options.events.complaint({ kind: "peer", message });
  }
}

function closedWhileOpening(): ModelError {
  return new ModelError("closed", "Cannot open the model: it was closed");
}
