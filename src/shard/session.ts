// Long because: the states of a call and all that changes them are in one place.
import type { CreateResampler } from "../audio/resampler.ts";
import { FrameConsumer, FrameProducer } from "../ring/frame_ring.ts";
import { ringsOf } from "../ring/layout.ts";
import type { Log } from "../telemetry/log.ts";
import { KeyCollector } from "./key_collector.ts";
import { Playout } from "./playout.ts";
import { greetingPrompt, keysPrompt } from "./prompts.ts";
import type { FromShard, SessionFact, SessionSummary } from "./protocol.ts";
import {
  type Assistant,
  type CreateSpeechModel,
  ModelError,
  type SpeechModel,
  type SpeechModelEvents,
} from "./speech_model.ts";
import { Uplink } from "./uplink.ts";

/**
 * Where a session stands.
 *
 * - opening: the model is not ready; the caller hears ringing.
 * - listening: the caller has the word; nothing of ours is being played.
 * - thinking: the caller has spoken, and the answer is awaited.
 * - speaking: the caller hears the assistant, or will in a moment.
 * - failed: the model could not be had or was lost; waits to be closed.
 * - closed: nothing is left.
 */
export type SessionState =
  | { readonly state: "opening" }
  | { readonly state: "listening" }
  | { readonly state: "thinking"; readonly sinceMs: number }
  | { readonly state: "speaking" }
  | { readonly state: "failed" }
  | { readonly state: "closed" };

/** A model that is wrong more often is not heard any more: its errors must not drown those of others. */
const MOST_COMPLAINTS = 200;

/** Longer than any model thinks, in milliseconds. */
const SILENT_MODEL_MS = 15_000;

/** Parts of a {@linkcode Session}. */
export interface SessionOptions {
  readonly callId: string;
  readonly assistant: Assistant;
  readonly createModel: CreateSpeechModel;
  readonly createResampler: CreateResampler;
  readonly uplinkBatchMs: number;
  readonly modelOpenTimeoutMs: number;
  readonly tell: (message: FromShard) => void;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** The call's end of the rings; see `protocol.ts`. */
export interface AttachOptions {
  readonly rings: SharedArrayBuffer;
  readonly rateHz: number;
  readonly frameSamples: number;
}

/**
 * One call's half in a shard: joins the model with the rings, and decides who
 * has the word. Shard's thread.
 */
export class Session {
  readonly callId: string;
  #options: SessionOptions;
  #state: SessionState = { state: "opening" };
  #model: SpeechModel;
  #uplink?: Uplink;
  #playout: Playout;
  #keys: KeyCollector;
  #opening = new AbortController();
  #responding = false;
  #complaints = 0;
  /** Speech of the model, also what nobody heard: it is paid for. */
  #receivedSamples = 0;
  /** A barge-in whose last old frame has not been seen to leave yet. */
  #stopping?: { readonly sinceMs: number };
  #counts = { turns: 0, bargeIns: 0, inputTokens: 0, outputTokens: 0 };

  constructor(options: SessionOptions) {
    this.callId = options.callId;
    this.#options = options;
    this.#model = options.createModel({
      assistant: options.assistant,
      events: this.#modelEvents(),
      history: () => [],
    });
    this.#playout = new Playout(this.#model.outputRateHz, {
      underrun: (reason) => this.#report({ fact: "underrun", reason }),
      overflow: (droppedMs) =>
        this.#report({ fact: "playout_overflow", droppedMs }),
    });
    this.#keys = new KeyCollector((keys) => this.#sendKeys(keys));
  }

  /** Where it stands. */
  get state(): SessionState["state"] {
    return this.#state.state;
  }

  /** Connects the model and lets it say its greeting; tells `opened` or `failed`. */
  async open(): Promise<void> {
    const { modelOpenTimeoutMs, assistant } = this.#options;
    const deadline = AbortSignal.timeout(modelOpenTimeoutMs);
    const signal = AbortSignal.any([deadline, this.#opening.signal]);
    try {
      await this.#model.open(signal);
    } catch (error) {
      this.#failByModel(asModelError(error, deadline));
      return;
    }
    if (this.#state.state !== "opening") return;
    this.#state = { state: "listening" };
    this.#options.tell({ type: "opened", callId: this.callId });
    // Asked for while it still rings, so that the caller need not wait for it.
    if (assistant.greeting !== undefined && assistant.greeting !== "") {
      this.#model.sendText(greetingPrompt(assistant.greeting));
    }
  }

  /** Joins the leg; speech that the model has said already is played at once. */
  async attach(options: AttachOptions): Promise<void> {
    const { createResampler, uplinkBatchMs } = this.#options;
    const { rateHz, frameSamples } = options;
    const { inputRateHz, outputRateHz } = this.#model;
    const up = await createResampler(rateHz, inputRateHz);
    const down = await createResampler(outputRateHz, rateHz).catch((error) => {
      up.close();
      throw error;
    });
    if (this.#isOver()) {
      up.close();
      down.close();
      return;
    }
    const { uplink, downlink } = ringsOf(options.rings);
    this.#uplink = new Uplink({
      ring: new FrameConsumer(uplink, frameSamples),
      resampler: up,
      batchMs: uplinkBatchMs,
      frameMs: frameSamples * 1000 / rateHz,
      send: (samples) => this.#model.appendAudio(samples),
    });
    const ring = new FrameProducer(downlink, frameSamples);
    this.#playout.attach({ ring, resampler: down });
  }

  /** Moves what there is in both directions; called when the doorbell rang. */
  pump(): void {
    if (this.#isOver() || this.#state.state === "opening") return;
    this.#uplink?.pump();
    this.#playout.pump();
    if (this.#stopping !== undefined && this.#playout.settled) {
      this.#finishStopping(this.#stopping.sinceMs);
    }
    if (this.#state.state === "speaking" && !this.#isSpeaking()) {
      this.#state = { state: "listening" };
    }
    if (this.#state.state === "thinking") this.#noticeSilence(this.#state);
  }

  /** The caller pressed a key. */
  pressKey(key: string): void {
    if (!this.#isOver()) this.#keys.press(key);
  }

  /** Something of ours broke in this call: tells `failed` and does nothing more until it is closed. */
  giveUp(error: unknown): void {
    this.#fail("internal", String(error));
  }

  /** Frees everything and tells `closed`; may be called twice. */
  close(): void {
    if (this.#state.state === "closed") return;
    const summary = this.#summary();
    this.#state = { state: "closed" };
    this.#opening.abort(new DOMException("The call has ended", "AbortError"));
    this.#keys.close();
    this.#model.close();
    this.#uplink?.close();
    this.#playout.close();
    this.#options.tell({ type: "closed", callId: this.callId, summary });
  }

  #modelEvents(): SpeechModelEvents {
    return {
      speechStarted: () => this.#callerSpeaks(),
      speechStopped: () => this.#callerStops(),
      responseStarted: () => this.#beginResponse(),
      audio: (samples) => this.#playAudio(samples),
      responseEnded: (_status, usage) => {
        this.#responding = false;
        this.#counts.inputTokens += usage?.inputTokens ?? 0;
        this.#counts.outputTokens += usage?.outputTokens ?? 0;
        this.#playout.end();
      },
      callerSaid: (text) =>
        this.#options.log.info("The caller said something", { pii: { text } }),
      assistantSaid: (text) =>
        this.#options.log.info("The assistant said something", {
          pii: { text },
        }),
      functionCalled: (name) => this.#report({ fact: "function", name }),
      complaint: ({ kind, message }) =>
        this.#report({ fact: "complaint", kind, message }),
      lost: () => {},
      regained: () => {},
      renewed: () => this.#report({ fact: "model_renewed" }),
      closed: (failure) => {
        if (failure !== undefined) this.#failByModel(failure);
      },
    };
  }

  #callerSpeaks(): void {
    this.#bargeIn();
    if (!this.#isOver()) this.#state = { state: "listening" };
  }

  #callerStops(): void {
    if (this.#isOver()) return;
    this.#counts.turns++;
    this.#state = { state: "thinking", sinceMs: this.#options.now() };
  }

  #beginResponse(): void {
    if (this.#stopping !== undefined) {
      this.#finishStopping(this.#stopping.sinceMs);
    }
    this.#responding = true;
    this.#playout.begin();
  }

  #playAudio(samples: Int16Array): void {
    if (this.#isOver()) return;
    if (this.#state.state === "thinking") {
      const latencyMs = this.#options.now() - this.#state.sinceMs;
      this.#report({ fact: "turn", latencyMs });
    }
    this.#state = { state: "speaking" };
    this.#receivedSamples += samples.length;
    this.#playout.push(samples);
  }

  /** Silences the assistant, if it has the word. */
  #bargeIn(): void {
    if (!this.#isSpeaking() || this.#isOver()) return;
    if (this.#stopping !== undefined) {
      this.#finishStopping(this.#stopping.sinceMs);
    }
    const audible = this.#playout.audible;
    this.#playout.flush();
    this.#model.interrupt(Math.round(this.#playout.heardMs));
    this.#responding = false;
    if (!audible) return;
    this.#counts.bargeIns++;
    this.#stopping = { sinceMs: this.#options.now() };
  }

  #finishStopping(sinceMs: number): void {
    this.#stopping = undefined;
    const heardMs = Math.round(this.#playout.heardMs);
    const stopMs = this.#options.now() - sinceMs;
    this.#report({ fact: "barge_in", stopMs, heardMs });
  }

  #isSpeaking(): boolean {
    return this.#responding || this.#playout.audible;
  }

  #sendKeys(keys: string): void {
    if (this.#isOver()) return;
    this.#bargeIn();
    this.#model.sendText(keysPrompt(keys));
    if (this.#state.state === "opening") return;
    this.#counts.turns++;
    this.#state = { state: "thinking", sinceMs: this.#options.now() };
  }

  #failByModel(failure: ModelError): void {
    if (this.#isOver()) return;
    const { kind, message } = failure;
    this.#options.log.warn("The speech model failed", { kind, error: failure });
    this.#fail(kind, message);
  }

  #fail(kind: string, message: string): void {
    if (this.#isOver()) return;
    this.#state = { state: "failed" };
    this.#keys.close();
    this.#options.tell({ type: "failed", callId: this.callId, kind, message });
  }

  #isOver(): boolean {
    return this.#state.state === "failed" || this.#state.state === "closed";
  }

  /** A model that says nothing to a caller who has spoken must not go unnoticed. */
  #noticeSilence({ sinceMs }: { readonly sinceMs: number }): void {
    if (this.#options.now() - sinceMs < SILENT_MODEL_MS) return;
    this.#state = { state: "listening" };
    const message =
      `no answer within ${SILENT_MODEL_MS} ms of the caller's turn`;
    this.#report({ fact: "complaint", kind: "peer", message });
  }

  #report(fact: SessionFact): void {
    if (fact.fact === "complaint" && ++this.#complaints > MOST_COMPLAINTS) {
      return;
    }
    this.#options.tell({ type: "fact", callId: this.callId, fact });
  }

  #summary(): SessionSummary {
    const { turns, bargeIns, inputTokens, outputTokens } = this.#counts;
    return {
      turns,
      bargeIns,
      heardMs: Math.round(this.#playout.heardInAllMs),
      usage: [{
        supplier: this.#model.supplier,
        uplinkMs: Math.round(this.#uplink?.sentMs ?? 0),
        downlinkMs: Math.round(
          this.#receivedSamples * 1000 / this.#model.outputRateHz,
        ),
        inputTokens,
        outputTokens,
      }],
    };
  }
}

function asModelError(error: unknown, deadline: AbortSignal): ModelError {
  if (error instanceof ModelError) return error;
  const cause = { cause: error };
  if (deadline.aborted) {
    return new ModelError("timeout", "The model was not ready in time", cause);
  }
  return new ModelError("unreachable", String(error), cause);
}
