// Long because: the states of a call and all that changes them are in one place.
import type { CreateResampler } from "../audio/resampler.ts";
import type { Log } from "../telemetry/log.ts";
import { Answer } from "./answer.ts";
import { CallerSilence } from "./caller_silence.ts";
import { Debt, type LostConversation } from "./debt.ts";
import { FactBudget } from "./fact_budget.ts";
import { Filler } from "./filler.ts";
import { KeyCollector } from "./key_collector.ts";
import { LastWords } from "./last_words.ts";
import { ModelHearing, type Noticeable } from "./model_hearing.ts";
import { type Awaited, ModelSilence } from "./model_silence.ts";
import type { Playout } from "./playout.ts";
import { SecondBudget } from "./second_budget.ts";
import {
  askPrompt,
  greetingPrompt,
  keysPrompt,
  resumePrompt,
  takeLeavePrompt,
  unheardPrompt,
} from "./prompts.ts";
import type {
  FinishReason,
  FromShard,
  FunctionAnswer,
  Resumption,
  SessionFact,
  SessionSummary,
} from "./protocol.ts";
import { type AttachOptions, SessionAudio } from "./session_audio.ts";
import {
  type Assistant,
  type CreateSpeechModel,
  type FunctionCall,
  ModelError,
  type ModelRegained,
  type ResponseStatus,
  type SpeechModel,
  type SpeechModelEvents,
} from "./speech_model.ts";
import { Transcript } from "./transcript.ts";
import { UsageMeter } from "./usage_meter.ts";

/**
 * Where a session stands.
 *
 * - opening: the model is not ready; the caller of a new call hears ringing.
 * - listening: the caller has the word; nothing of ours is being played.
 * - thinking: the caller has spoken, and the answer is awaited.
 * - speaking: the caller hears the assistant, or will in a moment.
 * - away: the model was lost and is being reached again; what it had said is still played.
 * - failed: the model could not be had or was lost for good; waits to be closed.
 * - closed: nothing is left.
 */
export type SessionState =
  | { readonly state: "opening" }
  | { readonly state: "listening" }
  | { readonly state: "thinking"; readonly sinceMs: number }
  | { readonly state: "speaking" }
  | { readonly state: "away" }
  | { readonly state: "failed" }
  | { readonly state: "closed" };

/** A caller who is said to speak for longer does not, in milliseconds. */
const LONGEST_SPEECH_MS = 60_000;
/** A model that calls more is not passed on. */
const MOST_FUNCTIONS_A_SECOND = 20;

/** Parts of a {@linkcode Session}. */
export interface SessionOptions {
  readonly callId: string;
  readonly assistant: Assistant;
  /** Set when the conversation goes on that another shard or node has begun. */
  readonly resume?: Resumption;
  /** Whether the other side has put the caller on hold; not unless told. */
  readonly held?: boolean;
  readonly createModel: CreateSpeechModel;
  readonly createResampler: CreateResampler;
  readonly uplinkBatchMs: number;
  /** For the first opening, over all suppliers. */
  readonly modelOpenTimeoutMs: number;
  readonly fillerAfterMs: number;
  readonly callerSilenceMs: number;
  readonly tell: (message: FromShard) => void;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * One call's half in a shard: joins the model with the rings, and decides who
 * has the word. Shard's thread.
 */
export class Session {
  readonly callId: string;
  #options: SessionOptions;
  #state: SessionState;
  #model: SpeechModel;
  #transcript: Transcript;
  #audio: SessionAudio;
  #playout: Playout;
  #answer = new Answer();
  #keys: KeyCollector;
  #filler: Filler;
  #silence: CallerSilence;
  #modelSilence = new ModelSilence();
  #modelHearing = new ModelHearing();
  #lastWords = new LastWords();
  #debt: Debt;
  #usage = new UsageMeter();
  #opening = new AbortController();
  /** Since when the caller is in the middle of an utterance; undefined when they are not. */
  #speakingSinceMs?: number;
  #factBudget = new FactBudget();
  #functionBudget = new SecondBudget(MOST_FUNCTIONS_A_SECOND);
  #finished = false;
  /** Whether a response has begun that was let speak, although the model takes the caller to be speaking. */
  #isTurnAnswered = false;
  /** Whether what is played is the soft tone, and nothing of the model's. */
  #isFilling = false;
  #held: boolean;
  /** A barge-in whose last old frame has not been seen to leave yet. */
  #stopping?: { readonly sinceMs: number };
  #counts = { turns: 0, bargeIns: 0 };

  constructor(options: SessionOptions) {
    this.callId = options.callId;
    this.#options = options;
    this.#held = options.held ?? false;
    this.#state = { state: "opening" };
    this.#debt = new Debt(options.resume?.owed ?? "nothing");
    this.#transcript = new Transcript(
      options.resume?.history ?? [],
      (change) => this.#report({ fact: "said", ...change }),
    );
    this.#model = options.createModel({
      assistant: options.assistant,
      events: this.#modelEvents(),
      history: () => this.#transcript.utterances,
      inMidCall: options.resume !== undefined,
    });
    this.#audio = new SessionAudio({
      ...options,
      rates: () => this.#model,
      send: (samples) => this.#sendSpeech(samples),
      playout: {
        underrun: (reason) => this.#report({ fact: "underrun", reason }),
        overflow: (droppedMs) =>
          this.#report({ fact: "playout_overflow", droppedMs }),
      },
    });
    this.#playout = this.#audio.playout;
    this.#keys = new KeyCollector((keys) => this.#sendKeys(keys));
    this.#filler = new Filler(
      options.fillerAfterMs,
      (samples) => this.#playFiller(samples),
    );
    this.#silence = new CallerSilence(options.callerSilenceMs);
  }

  /** Where it stands. */
  get state(): SessionState["state"] {
    return this.#state.state;
  }

  /** Connects the model, and lets it greet or go on; tells `opened` or `failed`. */
  async open(): Promise<void> {
    const deadline = AbortSignal.timeout(this.#options.modelOpenTimeoutMs);
    const signal = AbortSignal.any([deadline, this.#opening.signal]);
    try {
      await this.#model.open(signal);
      this.#debt.tell();
      await this.#audio.adoptRates();
    } catch (error) {
      this.#failByModel(asModelError(error, deadline));
      return;
    }
    if (this.#state.state !== "opening") return;
    this.#state = { state: "listening" };
    this.#options.tell({ type: "opened", callId: this.callId });
    this.#begin();
    this.#audio.release();
  }

  /** Joins the leg; speech that the model has said already is played at once. */
  async attach(leg: AttachOptions): Promise<void> {
    await this.#audio.attach(leg, () => !this.#hasModel());
  }

  /** Moves what there is in both directions; called when its leg rang, and now and then. */
  pump(): void {
    if (this.#isOver()) return;
    // The caller's last old frame is to be noticed when it leaves.
    this.#audio.pump(this.#stopping === undefined ? "batch" : "frame");
    if (this.#stopping !== undefined && this.#playout.settled) {
      this.#finishStopping(this.#stopping.sinceMs);
    }
    if (this.#state.state === "speaking" && !this.#isSpeaking()) {
      this.#state = { state: "listening" };
    }
  }

  /** Notices what only the passing of time shows; to be called some times a second, with a monotonic clock's milliseconds. */
  watch(nowMs: number): void {
    if (this.#isOver()) return;
    this.#noticeSilentModel(nowMs);
    this.#forgetEndlessSpeech(nowMs);
    const { state } = this.#state;
    const after = this.#lastWords.followedBy(nowMs, this.#isSpeaking());
    if (after !== undefined) return this.#finish({ by: "function", after });
    if (!this.#hasModel() || this.#awaitsFunction) {
      this.#silence.busy();
      return this.#fill(nowMs);
    }
    this.#filler.stop();
    if (this.#noticeable() !== undefined && this.#modelHearing.takeDoubt()) {
      return this.#askForSign();
    }
    if (state !== "listening" || this.#callerSpeaking || this.#isSpeaking()) {
      this.#silence.busy();
      return;
    }
    this.#model.quiet();
    if (this.#held) this.#silence.busy();
    else this.#noticeSilentCaller(nowMs);
  }

  /** The caller pressed a key. */
  pressKey(key: string): void {
    if (this.#isOver()) return;
    this.#silence.heard();
    this.#lastWords.interrupt();
    this.#keys.press(key);
  }

  /** The other side has put the caller on hold, or goes on: nobody hears us then, and nobody who says nothing is missed. */
  hold(isHeld: boolean): void {
    this.#held = isHeld;
  }

  /** A function has returned to the model that called it. */
  answerFunction({ id, output, after }: FunctionAnswer): void {
    if (this.#isOver() || !this.#model.answerFunction(id, output)) return;
    const nowMs = this.#options.now();
    if (after !== undefined) this.#lastWords.expect(after, nowMs);
    if (this.#callerSpeaking) return this.#lastWords.interrupt();
    // What the model takes for its answer begins now.
    this.#turnTo({ state: "thinking", sinceMs: nowMs });
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
    this.#audio.close();
    this.#options.tell({ type: "closed", callId: this.callId, summary });
  }

  #modelEvents(): SpeechModelEvents {
    return {
      speechStarted: () => this.#callerSpeaks(),
      speechStopped: () => this.#callerStops(),
      responseStarted: () => this.#beginResponse(),
      audio: (samples) => this.#playAudio(samples),
      audioEnded: () => {
        this.#answer.saidAll();
        if (this.#answer.ms > 0) this.#modelSilence.answered();
      },
      responseEnded: (status, usage) => {
        if (usage !== undefined) {
          this.#usage.counted(this.#model.supplier, usage);
        }
        this.#endResponse(status);
      },
      callerSaid: (text, turnsAgo) => {
        if (!this.#transcript.callerSaid(text, turnsAgo)) return;
        this.#options.log.info("The caller said something", { pii: { text } });
      },
      assistantSaid: (text) => {
        this.#answer.worded();
        // Words without a sound nobody has heard: they are not to be told the next conversation as said.
        if (this.#answer.ms === 0) return;
        const leftMs = Math.max(0, this.#answer.ms - this.#playout.heardMs);
        if (!this.#transcript.assistantSaid(text, Math.round(leftMs))) return;
        this.#options.log.info("The assistant said something", {
          pii: { text },
        });
      },
      functionCalled: (call) => this.#callFunction(call),
      complaint: ({ kind, message }) =>
        this.#report({ fact: "complaint", kind, message }),
      closed: (failure) => {
        if (failure !== undefined) this.#failByModel(failure);
      },
      lost: (failure) => this.#loseModel(failure),
      regained: (how) => this.#regainModel(how),
      renewed: () => this.#report({ fact: "model_renewed" }),
    };
  }

  #callFunction(call: FunctionCall): void {
    if (this.#isOver()) return;
    this.#debt.lookUp();
    this.#answer.called();
    const { tell, now } = this.#options;
    if (this.#functionBudget.spend(now())) {
      return tell({ type: "function", callId: this.callId, call });
    }
    const output = JSON.stringify({ error: "too many function calls" });
    this.#model.answerFunction(call.id, output);
  }

  /** Whether nobody has anything to say before a function has returned. */
  get #awaitsFunction(): boolean {
    return this.#model.awaitsFunction && !this.#callerSpeaking &&
      !this.#answer.isComing;
  }

  /** What is asked of the first model of a session. */
  #begin(): void {
    if (this.#options.resume !== undefined) {
      const { supplier } = this.#model;
      this.#report({ fact: "resumed", supplier });
      this.#payDebt();
    } else if (!this.#greet()) this.#payDebt();
  }

  /** Asked for while it still rings, so that the caller need not wait for it; whether there is one. */
  #greet(): boolean {
    const { greeting } = this.#options.assistant;
    if (greeting === undefined || greeting === "") return false;
    this.#debt.owesGreeting();
    this.#model.sendText(greetingPrompt(greeting));
    return true;
  }

  #payDebt(): void {
    for (const text of this.#debt.pay()) this.#prompt(text);
  }

  get #callerSpeaking(): boolean {
    return this.#speakingSinceMs !== undefined;
  }

  #callerSpeaks(): void {
    this.#silence.heard();
    this.#modelHearing.noticed();
    this.#speakingSinceMs ??= this.#options.now();
    // Who speaks first waits for an answer, not for a greeting.
    this.#debt.greeted();
    this.#lastWords.interrupt();
    this.#isTurnAnswered = false;
    this.#transcript.turnBegan();
    this.#report({ fact: "turn_began" });
    this.#bargeIn();
    this.#turnTo({ state: "listening" });
  }

  #callerStops(): void {
    this.#modelHearing.noticed();
    this.#speakingSinceMs = undefined;
    if (this.#isOver()) return;
    this.#transcript.turnEnded();
    this.#report({ fact: "turn_ended" });
    this.#counts.turns++;
    // Who tells late that the caller has stopped may have answered already.
    if (this.#isTurnAnswered) return;
    this.#turnTo({ state: "thinking", sinceMs: this.#options.now() });
  }

  /** Gives the word to somebody, unless there is no model yet that could have it. */
  #turnTo(state: SessionState): void {
    if (this.#hasModel()) this.#state = state;
  }

  #beginResponse(): void {
    if (this.#stopping !== undefined) {
      this.#finishStopping(this.#stopping.sinceMs);
    }
    this.#isFilling = false;
    this.#debt.answer();
    this.#lastWords.begin();
    this.#answer.begin();
    this.#transcript.answerBegan();
    this.#playout.begin();
    // To what was said before a short pause, or asked by a function: the caller goes on, and it would be said over them.
    const isSpokenOver = this.#callerSpeaking && !this.#modelHearing.isQuiet;
    this.#isTurnAnswered = this.#callerSpeaking && !isSpokenOver;
    if (!isSpokenOver) return;
    this.#model.interrupt(0);
    this.#answer.cutShort();
  }

  #endResponse(status: ResponseStatus): void {
    this.#answer.end(status, this.#options.now());
    const isHeard = this.#answer.ms > 0;
    if (status === "completed" && isHeard) this.#modelSilence.answered();
    this.#playout.end();
  }

  #playAudio(samples: Int16Array): void {
    // One that speaks before it was asked, perhaps at a rate that is not adopted yet.
    if (!this.#hasModel()) return;
    if (this.#state.state === "thinking") {
      const latencyMs = this.#options.now() - this.#state.sinceMs;
      this.#report({ fact: "turn", latencyMs });
    }
    this.#state = { state: "speaking" };
    this.#modelHearing.signed();
    this.#modelSilence.spoken();
    this.#lastWords.spoken();
    this.#debt.greeted();
    const { supplier, outputRateHz } = this.#model;
    const ms = samples.length * 1000 / outputRateHz;
    this.#answer.said(ms);
    this.#usage.received(supplier, ms);
    this.#playout.push(samples);
  }

  #sendSpeech(samples: Int16Array): void {
    // Music on hold is nothing to be answered.
    if (this.#held) samples.fill(0);
    const { supplier, inputRateHz } = this.#model;
    const ms = samples.length * 1000 / inputRateHz;
    this.#usage.sent(supplier, ms);
    this.#model.appendAudio(samples);
    const nowMs = this.#options.now();
    const awaited = this.#noticeable();
    this.#modelHearing.take(samples, { ms, nowMs, awaited });
  }

  /** Silences the assistant, if it has the word. */
  #bargeIn(): void {
    const isSpeaking = this.#isSpeaking() || this.#playout.holds;
    if (!isSpeaking || this.#isOver()) return;
    if (this.#stopping !== undefined) {
      this.#finishStopping(this.#stopping.sinceMs);
    }
    const audible = this.#playout.audible;
    this.#playout.flush();
    const { heardMs } = this.#playout;
    if (!this.#isFilling) this.#model.interrupt(Math.round(heardMs));
    this.#answer.cutShort();
    const { ms } = this.#answer;
    this.#transcript.cutShort(ms > 0 ? Math.min(1, heardMs / ms) : 0);
    if (!audible) return;
    this.#counts.bargeIns++;
    this.#stopping = { sinceMs: this.#options.now() };
    this.#audio.watchFrames();
  }

  #finishStopping(sinceMs: number): void {
    this.#stopping = undefined;
    const heardMs = Math.round(this.#playout.heardMs);
    const stopMs = this.#options.now() - sinceMs;
    this.#report({ fact: "barge_in", stopMs, heardMs });
  }

  #isSpeaking(): boolean {
    return this.#answer.isComing || this.#playout.audible;
  }

  #sendKeys(keys: string): void {
    if (this.#isOver()) return;
    this.#bargeIn();
    const text = keysPrompt(keys);
    this.#transcript.turnEnded();
    this.#transcript.callerSaid(text);
    this.#counts.turns++;
    if (this.#hasModel()) this.#prompt(text);
    else this.#debt.say(text);
  }

  /** Says something in the caller's place, and expects an answer. */
  #prompt(text: string): void {
    this.#model.sendText(text);
    this.#turnTo({ state: "thinking", sinceMs: this.#options.now() });
  }

  #loseModel(failure: ModelError): void {
    if (this.#isOver() || this.#state.state === "opening") return;
    const { kind } = failure;
    this.#options.log.warn("The speech model was lost; it is reached again", {
      kind,
      error: failure,
    });
    this.#debt.lose(this.#hasModel() ? this.#conversation() : undefined);
    this.#state = { state: "away" };
    this.#modelHearing.replaced(this.#options.now());
    this.#lastWords.interrupt();
    this.#speakingSinceMs = undefined;
    this.#audio.hold();
    this.#report({ fact: "model_lost", kind });
  }

  /** How it stands when it is lost now. */
  #conversation(): LostConversation {
    const isThinking = this.#state.state === "thinking";
    return {
      awaitsAnswer: isThinking || this.#callerSpeaking,
      isBroken: this.#answer.isBroken,
    };
  }

  #regainModel({ supplier, gapMs, attempts }: ModelRegained): void {
    const away = this.#state;
    if (away.state !== "away") return;
    this.#debt.tell();
    this.#report({ fact: "model_regained", supplier, gapMs, attempts });
    this.#audio.adoptRates().then(() => {
      // Lost again meanwhile: what is owed is the next one's to pay.
      if (this.#state !== away) return;
      this.#state = { state: "listening" };
      this.#answer.mend();
      if (this.#debt.isGreeting) this.#greet();
      else this.#payDebt();
      this.#audio.release();
    }).catch((error) => this.giveUp(error));
  }

  /** The caller hears a soft tone when nothing else is to be heard. */
  #fill(nowMs: number): void {
    if (!this.#audio.hasLeg || this.#playout.audible) this.#filler.heard();
    else this.#filler.wait({ nowMs, rateHz: this.#model.outputRateHz });
  }

  #playFiller(samples: Int16Array): void {
    // All of the last answer was heard: a barge-in cuts the tone off, nothing that was said.
    this.#isFilling = true;
    this.#transcript.answerBegan();
    this.#answer.forget();
    this.#playout.begin();
    this.#playout.push(samples);
    this.#playout.end();
  }

  /** Music on hold, or a model that has died: nobody speaks for so long without a pause. */
  #forgetEndlessSpeech(nowMs: number): void {
    const sinceMs = this.#speakingSinceMs ?? nowMs;
    if (nowMs - sinceMs >= LONGEST_SPEECH_MS) this.#speakingSinceMs = undefined;
  }

  #noticeSilentCaller(nowMs: number): void {
    switch (this.#silence.quiet(nowMs)) {
      case "ask":
        this.#report({ fact: "silent_caller" });
        return this.#prompt(askPrompt());
      case "take_leave":
        return this.#prompt(takeLeavePrompt());
      case "end":
        return this.#finish({ by: "silence" });
    }
  }

  #finish(reason: FinishReason): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#options.tell({ type: "finished", callId: this.callId, reason });
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

  /** Whether a model takes audio now. */
  #hasModel(): boolean {
    const { state } = this.#state;
    return !this.#isOver() && state !== "opening" && state !== "away";
  }

  /** A model that leaves the caller in silence must not go unnoticed. */
  #noticeSilentModel(nowMs: number): void {
    const found = this.#modelSilence.look({
      awaited: this.#awaited(),
      lack: this.#awaitsAnswer ? this.#answer.lack : undefined,
      nowMs,
    });
    if (found === undefined) return;
    if (found.do === "ask_again") return this.#askAgain();
    const { failure } = found;
    const { message } = failure;
    this.#report({ fact: "complaint", kind: "peer", message });
    if (found.do === "abandon") this.#model.abandon(failure);
    else this.#failByModel(failure);
  }

  #askAgain(): void {
    this.#answer.mend();
    if (this.#debt.isGreeting && this.#greet()) return;
    this.#prompt(resumePrompt("answer"));
  }

  /** Whether the caller waits for an answer, or the first word of all. */
  get #awaitsAnswer(): boolean {
    if (!this.#hasModel()) return false;
    return this.#state.state === "thinking" || this.#debt.isGreetingOwed;
  }

  /** What a model that listens would have to notice now. */
  #noticeable(): Noticeable | undefined {
    if (this.#state.state !== "listening" || this.#held) return undefined;
    if (this.#isSpeaking()) return undefined;
    return this.#callerSpeaking ? "end" : "begin";
  }

  /** The model seems not to listen: one that is well has something to say to that. */
  #askForSign(): void {
    const message = "it has not noticed what the caller said";
    this.#report({ fact: "complaint", kind: "peer", message });
    this.#speakingSinceMs = undefined;
    this.#prompt(unheardPrompt());
  }

  /** What the caller, who hears nothing, waits for. */
  #awaited(): Awaited | undefined {
    if (!this.#hasModel() || this.#awaitsFunction) return undefined;
    const { isComing, ms } = this.#answer;
    if (this.#state.state === "thinking") {
      if (this.#modelHearing.awaitsSign) return "sign";
      return isComing ? "answer" : "response";
    }
    if (this.#playout.audible) return undefined;
    if (isComing) return ms > 0 ? "rest" : "answer";
    const isGreeting = this.#debt.isGreetingOwed && !this.#callerSpeaking;
    return isGreeting ? "response" : undefined;
  }

  #report(fact: SessionFact): void {
    if (!this.#factBudget.spend(fact, this.#options.now())) return;
    this.#options.tell({ type: "fact", callId: this.callId, fact });
  }

  #summary(): SessionSummary {
    return {
      ...this.#counts,
      heardMs: Math.round(this.#playout.heardInAllMs),
      usage: this.#usage.all,
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
