// Long because: every event of the peer and what it does to a response stands here.
import {
  type ConversationEvents,
  type FunctionCall,
  ModelError,
  type ModelUsage,
  type ResponseStatus,
} from "../shard/speech_model.ts";
import type { FunctionEvent } from "./called_functions.ts";
import { CallerTranscript } from "./caller_transcript.ts";
import type { ConversationOptions } from "./conversation_options.ts";
import { judgeError, type PeerError } from "./error_verdict.ts";
import { type FunctionOutput, ResponseRequests } from "./response_requests.ts";
import { ResponseTrack } from "./response_track.ts";
import type { RunningResponse } from "./running_response.ts";
import type { EventOrigin, ServerEvent } from "./server_event.ts";
import { SILENT_EVENTS } from "./silent_events.ts";
import { complaintAbout } from "./silent_response.ts";

type DoneEvent = Extract<ServerEvent, { type: "response_done" }>;
type AudioEvent = Extract<ServerEvent, { type: "audio" }>;
type WordsEvent = Extract<
  ServerEvent,
  { type: "spoken_partial" | "spoken" | "written_partial" | "written" }
>;

/** Responses in a row that call functions and say nothing. */
const MOST_CALL_ROUNDS = 6;
const MS_A_SECOND = 1000;

/**
 * A configured session: turns the peer's events into what a call needs to
 * know, and keeps one response running at a time. Worker thread. Owns timers
 * until `end()`, after which it is silent.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #track = new ResponseTrack();
  readonly #requests: ResponseRequests;
  readonly #caller: CallerTranscript;
  #events: ConversationEvents;
  #settleTimer: ReturnType<typeof setTimeout> | undefined;
  #lateTimer: ReturnType<typeof setTimeout> | undefined;
  #callRounds = 0;
  /** What the functions have returned that a response has called; none while they run. */
  #results = new Map<string, string | undefined>();
  /** The newest response that is over; the caller may not have heard all of it yet. */
  #ended: RunningResponse | undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#events = options.events;
    this.#caller = new CallerTranscript((text, turnsAgo) =>
      this.#events.callerSaid(text, turnsAgo)
    );
    this.#requests = new ResponseRequests({
      encode: options.encode,
      send: options.send,
      busy: () => this.#track.busy,
      timeoutMs: options.responseTimeoutMs,
      unanswered: (waitedMs) =>
        this.#complain(`no response within ${waitedMs} ms of the request`),
    });
  }

  /** Takes an event of the peer. One row an event, so longer than most functions. */
  receive(event: ServerEvent): void {
    switch (event.type) {
      case "audio":
        return this.#audio(event);
      case "audio_done":
        return this.#audioDone(event);
      case "speech_started":
        this.#caller.speechStarted(event.itemId);
        return this.#events.speechStarted();
      case "speech_stopped":
        this.#caller.speechStopped(event.itemId);
        return this.#events.speechStopped();
      case "speech_committed":
        return this.#caller.committed(event.itemId);
      case "caller_partial":
        return this.#caller.partial(event);
      case "caller_said":
        return this.#caller.completed(event);
      case "response_created":
        return this.#created(event.responseId);
      case "response_item":
        return this.#item(event);
      case "spoken_partial":
      case "spoken":
      case "written_partial":
      case "written":
        return this.#words(event);
      case "function_named":
      case "function_piece":
      case "function_call":
      case "function_item":
        return this.#function(event);
      case "response_cancelled":
        return this.#over({
          type: "response_done",
          responseId: event.responseId,
          status: "cancelled",
        }, "cancelled");
      case "response_done":
        return this.#over(event, "done");
      case "error":
        return this.#error(event);
    }
  }

  /** Asks for an answer to a text, at once or when nothing else runs. */
  sendText(text: string): void {
    this.#callRounds = 0;
    if (this.#requests.add(text)) return;
    this.#events.complaint({
      kind: "mistake",
      message: "too many texts wait for the model, the oldest is dropped",
    });
  }

  /** Whether a function has not returned yet. */
  get awaitsFunction(): boolean {
    return this.#results.values().some((output) => output === undefined);
  }

  /** Whether an answer of the model's is still to come: to what was asked of it, or to a function. */
  get owesAnswer(): boolean {
    return this.#results.size > 0 || this.#requests.areOpen;
  }

  /** Takes what a function has returned; false when nobody waits for it. */
  answerFunction(callId: string, output: string): boolean {
    if (!this.#results.has(callId)) return false;
    this.#results.set(callId, output);
    this.#answerCalls();
    return true;
  }

  /** Cancels the running response, of which, or of the newest that is over, `heardMs` were heard. */
  interrupt(heardMs: number): void {
    const { encode, send, settleTimeoutMs } = this.#options;
    const response = this.#track.interrupt();
    const heard = response ?? this.#ended;
    const runs = response?.late === false;
    this.#ended = undefined;
    if (runs) send(encode.cancelResponse());
    if (heard !== undefined) this.#truncate(heard, heardMs);
    if (runs) {
      clearTimeout(this.#settleTimer);
      this.#settleTimer = setTimeout(() => this.#settled(), settleTimeoutMs);
    }
    if (response !== undefined) this.#conclude(response, "cancelled");
    else if (heard !== undefined) this.#tellWords(heard);
  }

  /** Lets the history end where the caller stopped listening. */
  #truncate(response: RunningResponse, heardMs: number): void {
    const { profile, encode, send } = this.#options;
    const { items, samples, startedAt } = response;
    const { capabilities, outputRateHz } = profile;
    if (!capabilities.truncate) return;
    const heard = Math.max(0, heardMs * outputRateHz / MS_A_SECOND) || 0;
    const cut = items.cut(Math.min(startedAt + heard, samples));
    if (cut === undefined) return;
    const { itemId, heardSamples, unheardIds } = cut;
    const itemMs = heardSamples * MS_A_SECOND / outputRateHz;
    if (itemId !== undefined) {
      send(encode.truncateItem({ itemId, heardMs: wholePart(itemMs) }));
    }
    for (const id of unheardIds) {
      const frame = encode.deleteItem(id);
      if (frame !== undefined) send(frame);
    }
  }

  /** Reports what is unfinished, the running response with `status`, and nothing afterwards. */
  end(status: ResponseStatus): void {
    clearTimeout(this.#settleTimer);
    this.#requests.close();
    this.#caller.flush();
    const running = this.#track.interrupt();
    if (running !== undefined) {
      this.#conclude(running, running.late ? "completed" : status);
    } else if (this.#ended !== undefined) this.#tellWords(this.#ended);
    this.#results.clear();
    this.#events = SILENT_EVENTS;
  }

  #audio(event: AudioEvent): void {
    const response = this.#claim(event);
    if (response === undefined) return;
    if (event.itemId !== undefined) response.items.turnTo(event.itemId);
    if (event.oddByte !== undefined) this.#complainOfHalf(response);
    const samples = response.half.join(event);
    if (samples.length === 0) return;
    response.samples += samples.length;
    response.items.count(samples.length);
    this.#events.audio(samples);
    if (response.created && !response.late) return;
    // Who hears it may have interrupted it.
    if (this.#track.running !== response) return;
    // A peer that announces no responses need not end them either.
    if (response.late) this.#awaitLate();
    this.#events.audioEnded();
  }

  #complainOfHalf(response: RunningResponse): void {
    if (response.halfReported) return;
    response.halfReported = true;
    this.#complain("it sent audio with half a sample");
  }

  #audioDone(origin: EventOrigin): void {
    const running = this.#runningOf(origin);
    if (running === undefined || !running.reported) return;
    running.half.forget();
    this.#events.audioEnded();
    // Unless that was interrupted.
    if (running.late) this.#endLate();
  }

  /** Words may come after the end, too; these need no start. */
  #words(event: WordsEvent): void {
    const ended = this.#track.ended(event.responseId);
    const response = ended ?? this.#claim(event);
    if (response === undefined) return;
    const { type, text } = event;
    const isSpoken = type === "spoken" || type === "spoken_partial";
    const words = isSpoken ? response.spoken : response.written;
    const isPiece = type === "spoken_partial" || type === "written_partial";
    if (isPiece) return words.append(text ?? "");
    words.finish(text);
    if (ended !== undefined) this.#tellWords(ended);
  }

  /** Ends a response that has gone on after its end once nothing comes for a while: nobody else will. */
  #awaitLate(): void {
    clearTimeout(this.#lateTimer);
    const { settleTimeoutMs } = this.#options;
    this.#lateTimer = setTimeout(() => this.#endLate(), settleTimeoutMs);
  }

  #endLate(): void {
    const late = this.#track.endLate();
    if (late !== undefined) this.#conclude(late, "completed");
  }

  /** The response of a delta, its start reported; undefined when the delta is to be dropped. */
  #claim(origin: EventOrigin): RunningResponse | undefined {
    const response = this.#track.claim(origin.responseId);
    if (response === undefined || response.reported) return response;
    this.#start(response);
    return this.#track.running === response ? response : undefined;
  }

  #start(response: RunningResponse): void {
    if (!response.late && this.#ended !== undefined) {
      this.#tellWords(this.#ended);
      // Who hears them may have interrupted this one.
      if (this.#track.running !== response) return;
    }
    response.reported = true;
    response.startedAt = response.samples;
    if (response.late) this.#awaitLate();
    else this.#requests.created();
    this.#events.responseStarted();
  }

  #created(id: string | undefined): void {
    const outcome = this.#track.create(id);
    if (outcome.type === "repeated") {
      this.#complain("a response was created twice");
    }
    if (outcome.type !== "started") return;
    this.#requests.created();
    const response = this.#track.running!;
    if (outcome.superseded !== undefined) {
      this.#supersede(outcome.superseded);
    }
    // The receiver of the old one's end may have interrupted the new one.
    if (this.#track.running === response) this.#start(response);
  }

  #supersede(response: RunningResponse): void {
    if (response.late) return this.#conclude(response, "completed");
    this.#complain("a response was created while another one ran");
    this.#conclude(response, "incomplete");
  }

  #item(origin: EventOrigin): void {
    const running = this.#runningOf(origin);
    const { itemId } = origin;
    if (running === undefined || itemId === undefined) return;
    running.items.turnTo(itemId);
    running.half.itemIs(itemId);
  }

  #function(event: FunctionEvent): void {
    // A response that nobody announced begins with a call that can be answered.
    const begins = event.type === "function_call" &&
      event.callId !== undefined &&
      this.#track.ended(event.responseId) === undefined;
    const response = begins ? this.#claim(event) : this.#runningOf(event);
    const call = response?.functions.take(event);
    if (call !== undefined) this.#call(response!, call);
  }

  /** The response that runs, unless an event belongs to another one. */
  #runningOf({ responseId }: EventOrigin): RunningResponse | undefined {
    const running = this.#track.running;
    const isAnother = responseId !== undefined && responseId !== running?.id;
    return isAnother ? undefined : running;
  }

  #call(response: RunningResponse, call: FunctionCall): void {
    if (response.callIds.includes(call.id)) return;
    response.callIds.push(call.id);
    this.#results.set(call.id, undefined);
    this.#events.functionCalled(call);
  }

  #over(event: DoneEvent, by: "done" | "cancelled"): void {
    const { responseId, status, usage } = event;
    const cut = status === "cancelled" || status === "incomplete";
    const whole = status === "completed";
    const outcome = this.#track.end({ id: responseId, by, cut, whole });
    if (!this.#track.settling) clearTimeout(this.#settleTimer);
    if (outcome.type === "stray") {
      this.#complain("a response ended that does not run");
    } else if (outcome.type === "ended") {
      const { response } = outcome;
      this.#ended = response;
      if (status === "completed") this.#callRest(response);
      const complaint = complaintAbout(response, event);
      if (complaint !== undefined) this.#complain(complaint);
      this.#conclude(response, status, usage);
    }
    this.#requests.responseOver();
  }

  #callRest(response: RunningResponse): void {
    const { functions } = response;
    for (const call of functions.rest()) this.#call(response, call);
    const { flaw } = functions;
    if (flaw !== undefined) this.#complain(`it sent ${flaw}`);
  }

  /** What was called by a response that is whole is answered, if it does not go on for ever. */
  #judgeCalls(response: RunningResponse, status: ResponseStatus): void {
    const { callIds, samples } = response;
    const isWhole = status === "completed";
    if (samples > 0) this.#callRounds = 0;
    if (callIds.length === 0) return;
    const isAnswered = isWhole && ++this.#callRounds <= MOST_CALL_ROUNDS;
    if (!isAnswered) {
      for (const callId of callIds) this.#results.delete(callId);
    }
    if (isWhole && !isAnswered) {
      this.#complain("it calls functions again and again without an answer");
    }
    this.#answerCalls();
  }

  /** Gives the results once all are there, and the response that asked for them is over. */
  #answerCalls(): void {
    const running = this.#track.busy ? this.#track.running : undefined;
    if (running?.callIds.some((id) => this.#results.has(id))) return;
    const results: FunctionOutput[] = [];
    for (const [callId, output] of this.#results) {
      if (output === undefined) return;
      results.push([callId, output]);
    }
    this.#results.clear();
    this.#requests.addResults(results);
  }

  #conclude(
    response: RunningResponse,
    ...end: [status: ResponseStatus, usage?: ModelUsage]
  ): void {
    clearTimeout(this.#lateTimer);
    if (!response.late) this.#judgeCalls(response, end[0]);
    this.#tellWords(response);
    if (response.reported) this.#events.responseEnded(...end);
  }

  /** Tells of a response's words what was not told yet. */
  #tellWords(response: RunningResponse): void {
    const text = response.spoken.text || response.written.text;
    const { told } = response;
    let same = 0;
    while (same < told.length && told[same] === text[same]) same++;
    const fresh = text.slice(same);
    if (fresh.trim() === "") return;
    response.told = text;
    this.#events.assistantSaid(fresh);
  }

  #error(error: PeerError): void {
    const means = judgeError(error, this.#options.profile.errorRules);
    const { message } = error;
    if (means === "nothing_running") {
      this.#events.complaint({ kind: "race", message });
      this.#settled();
    } else if (means === "already_running") {
      this.#events.complaint({ kind: "race", message });
      this.#requests.alreadyRunning();
    } else if (means === "mistake" || means === "peer") {
      this.#events.complaint({ kind: means, message });
      this.#requests.mayHaveFailed();
    } else {
      const words = `The model ended the session: ${message}`;
      this.#options.fail(new ModelError(means, words));
    }
  }

  #settled(): void {
    clearTimeout(this.#settleTimer);
    this.#track.forgetCancelled();
    this.#requests.responseOver();
  }

  #complain(message: string): void {
    this.#events.complaint({ kind: "peer", message });
  }
}

/** Of a number that a conversion may have made a little too small. */
function wholePart(value: number): number {
  return Math.floor(value + 1e-6);
}
