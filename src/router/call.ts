// Long because: one owner has a call from its first word to its last.
import type { RingPool } from "../ring/ring_pool.ts";
import type {
  Assistant,
  FinishReason,
  FunctionCall,
  Resumption,
  SessionFact,
  SessionSummary,
  SupplierUsage,
  TranscriptChange,
} from "../shard/protocol.ts";
import type { Log } from "../telemetry/log.ts";
import type { AudioLegCounts, OpenAudioLeg } from "./audio_leg.ts";
import { CallAudio } from "./call_audio.ts";
import {
  type CallControl,
  FRAMES_MS,
  type LegFormat,
  RATES_HZ,
  type RtpStatistics,
} from "./call_control.ts";
import {
  CallFunctions,
  type FunctionRan,
  type RunFunction,
} from "./call_functions.ts";
import type { CallView } from "./call_view.ts";
import {
  type CallEnd,
  type Farewell,
  farewellFor,
  goesOn,
} from "./call_end.ts";
import { addUsage, estimateUsage } from "./lost_usage.ts";
import type { SessionHandle } from "./session_handle.ts";
import type { ShardLink } from "./shard_link.ts";

/** How long a shard may take to let go of a session. */
const SESSION_CLOSE_MS = 2000;
/** How long the statistics may come after the hang-up. */
const LINGER_MS = 2000;
/** How long the end of a call that goes on elsewhere may take to be kept. */
const PART_MS = 500;
/** How long a caller may wait for another shard. */
const SHARD_WAIT_MS = 10_000;
/** A call in whose hands shards died so often is ended, alone. */
const MOST_SHARDS_KILLED = 2;
/** Whoever's fault it is, no call is carried over more shards. */
const MOST_SHARDS_LOST = 6;

/** How a call went. */
export interface CallReport {
  readonly end: CallEnd;
  /** Whether it had been answered, by us or before it came to us. */
  readonly answered: boolean;
  /** That had it last; undefined when none had. */
  readonly shard?: number;
  /** From FreeSWITCH's connection to the first frame; undefined when none came. */
  readonly setupMs?: number;
  /** From the first frame to the end; 0 when none came. */
  readonly talkMs: number;
  readonly counts?: AudioLegCounts;
  /** What the sessions have done, those of lost shards as far as the leg knows. */
  readonly summary?: SessionSummary;
}

/** Where a call finds a shard. */
export interface ShardSource {
  of(callId: string): ShardLink | undefined;
  waitFor(callId: string, withinMs: number): Promise<ShardLink | undefined>;
}

/** What a call tells of itself. */
export interface CallEvents {
  fact(fact: SessionFact): void;
  statistics(rtp: RtpStatistics): void;
  /** The caller hears us. */
  answered(setupMs: number): void;
  keyPressed(): void;
  /** It is in a shard's hands. */
  placed(shard: number): void;
  /** What a session needs that goes on with the call now; undefined when there is nothing to go on with, as for a caller who has not heard us yet. */
  resumption(): Resumption | undefined;
  /** Its shard was lost, and another one's session has its model. */
  reopened(gapMs: number): void;
  /** The model calls a function: whoever goes on with the call owes an answer. */
  functionCalled(): void;
  /** A function has returned to the model that called it. */
  functionRan(ran: FunctionRan): void;
  /** A session's model takes audio. */
  modelReady?(): void;
  /** Its shard was lost; `atWork`: over this call. */
  shardLost?(atWork: boolean): void;
  /** It leaves this node without a hang-up; resolves when another may have it. */
  parting(report: CallReport, withinMs: number): Promise<void>;
}

/** Parts of a {@linkcode Call}. */
export interface CallOptions {
  readonly control: CallControl;
  readonly assistant: Assistant;
  readonly shards: ShardSource;
  /** Whether another node has begun it, with the caller on the line. */
  readonly resumed: boolean;
  readonly rings: RingPool;
  readonly openLeg: OpenAudioLeg;
  readonly runFunction: RunFunction;
  /** Where FreeSWITCH is to send audio; undefined for our end of the event socket. */
  readonly mediaHost?: string;
  /** A caller who has heard ringing for this long is answered although the model is not ready. */
  readonly answerAfterMs: number;
  readonly maxCallMs: number;
  readonly log: Log;
  readonly events: CallEvents;
}

/**
 * One telephone call. It owns the event socket, the leg, the rings and the
 * session, and frees each of them once, whatever ends the call. Main thread.
 */
export class Call {
  readonly id: string;
  #options: CallOptions;
  #startedMs = performance.now();
  #answered: boolean;
  #firstFrameMs?: number;
  #over = false;
  #ended = Promise.withResolvers<CallEnd>();
  #opened = Promise.withResolvers<void>();
  #statistics = Promise.withResolvers<void>();
  #session?: SessionHandle;
  #functions: CallFunctions;
  /** What sessions have done whose shards were lost. */
  #lostUsage: SupplierUsage[] = [];
  /** The leg's counts when the session was opened. */
  #countsBefore?: AudioLegCounts;
  #supplier: string;
  #held: boolean;
  /** Since when it has no session. */
  #lostMs?: number;
  #shardsLost = 0;
  #shardsKilled = 0;
  #audio: CallAudio;
  #timers: Array<ReturnType<typeof setTimeout>> = [];

  constructor(options: CallOptions) {
    this.id = options.control.channel.uuid;
    this.#options = options;
    this.#supplier = options.assistant.suppliers[0].supplier;
    this.#held = options.control.channel.held;
    this.#answered = options.control.channel.answered;
    this.#audio = new CallAudio({
      ...options,
      isHeld: () => this.#held,
      end: (end) => this.end(end),
    });
    const { control, assistant, runFunction, events } = options;
    const { channel } = control;
    const mayTransfer = control.transfer !== undefined;
    const request = { channel, assistantId: assistant.id, mayTransfer };
    this.#functions = new CallFunctions({
      run: (call, signal) => runFunction({ ...request, call }, signal),
      ran: (ran) => events.functionRan(ran),
    });
  }

  /** The leg's counts so far. */
  get counts(): AudioLegCounts | undefined {
    return this.#audio.counts;
  }

  /** How it stands. */
  get view(): CallView {
    const { control, assistant, resumed } = this.#options;
    const { channel } = control;
    const nowMs = performance.now();
    return {
      callId: this.id,
      line: channel.line,
      caller: channel.callerNumber,
      called: channel.calledNumber,
      assistantId: assistant.id,
      state: this.#state,
      supplier: this.#supplier,
      shard: this.#session?.shard,
      resumed,
      ageMs: nowMs - this.#startedMs,
      talkMs: difference(nowMs, this.#firstFrameMs),
    };
  }

  get #state(): CallView["state"] {
    if (this.#over) return "ending";
    if (this.#firstFrameMs === undefined) return "connecting";
    return this.#held ? "on_hold" : "talking";
  }

  /** Ends the call for a reason of the node's; later reasons change nothing. */
  end(end: CallEnd): void {
    this.#over = true;
    this.#ended.resolve(end);
  }

  /** Sends the caller to a number of the operator's dialplan; false when the line has none. */
  transfer(to: string): boolean {
    if (this.#options.control.transfer === undefined) return false;
    this.end({ by: "transfer", to });
    return true;
  }

  /** Whether it has an end, and only waits to be released. */
  get over(): boolean {
    return this.#over;
  }

  /** Carries the call from here to its end and frees all that it had; never rejects. */
  async run(): Promise<CallReport> {
    const { control, shards } = this.#options;
    this.#listen(control);
    if (!this.#audio.open()) {
      return await this.#release(await this.#ended.promise);
    }
    const link = shards.of(this.id);
    if (link === undefined) this.end({ by: "shard" });
    else this.#openSession(link);
    this.#converse().catch((error) => this.end({ by: "control", error }));
    const end = await this.#ended.promise;
    return await this.#release(end);
  }

  #openSession(link: ShardLink): void {
    const { assistant, events } = this.#options;
    const resume = events.resumption();
    const call = { callId: this.id, assistant, resume, held: this.#held };
    const lostMs = this.#lostMs;
    this.#countsBefore = this.counts;
    this.#session = link.open(call, {
      opened: () => {
        this.#opened.resolve();
        events.modelReady?.();
        if (lostMs === undefined) return;
        this.#lostMs = undefined;
        events.reopened(performance.now() - lostMs);
      },
      failed: (kind, message) => this.end({ by: "model", kind, message }),
      fact: (fact) => {
        if (fact.fact === "model_regained" || fact.fact === "resumed") {
          this.#supplier = fact.supplier;
        }
        if (fact.fact === "said") this.#show(fact);
        events.fact(fact);
      },
      finished: (reason) => this.#finish(reason),
      functionCalled: (call) => this.#callFunction(call),
      lost: (atWork) => this.#loseShard(atWork),
    });
    events.placed(link.shard);
  }

  async #callFunction(call: FunctionCall): Promise<void> {
    const session = this.#session;
    this.#options.events.functionCalled();
    const answer = await this.#functions.answer(call);
    session?.answerFunction(answer);
  }

  #finish(reason: FinishReason): void {
    if (reason.by === "silence") this.end({ by: "silence" });
    else if (reason.after.do === "hang_up") this.end({ by: "assistant" });
    else this.transfer(reason.after.to);
  }

  #show({ change, index, utterance }: TranscriptChange): void {
    this.#options.control.show?.({ change, index, ...utterance });
  }

  /** The shard is gone: the call goes on in another, unless it is what kills them. */
  #loseShard(atWork: boolean): void {
    if (this.#over) return;
    const { log, events } = this.#options;
    events.shardLost?.(atWork);
    this.#session = undefined;
    this.#lostMs ??= performance.now();
    this.#estimateUsage(this.counts);
    this.#shardsLost++;
    if (atWork) this.#shardsKilled++;
    log.warn("The call has lost its shard", { atWork });
    const { leavingTo } = this.#functions;
    // It was being announced: the next session would begin to talk again.
    if (leavingTo !== undefined) return void this.transfer(leavingTo);
    if (
      this.#shardsKilled >= MOST_SHARDS_KILLED ||
      this.#shardsLost >= MOST_SHARDS_LOST
    ) return this.end({ by: "shard" });
    this.#reopen().catch((error) => this.end({ by: "control", error }));
  }

  #estimateUsage(after?: AudioLegCounts): void {
    const { frameMs } = this.#audio;
    const carried = { before: this.#countsBefore, after, frameMs };
    this.#lostUsage.push(estimateUsage(this.#supplier, carried));
  }

  async #reopen(): Promise<void> {
    const { shards } = this.#options;
    const link = await shards.waitFor(this.id, SHARD_WAIT_MS);
    if (this.#over) return;
    if (link === undefined) return this.end({ by: "shard" });
    this.#openSession(link);
    this.#audio.rejoin(this.#session);
  }

  #listen(control: CallControl): void {
    control.listen({
      dtmf: (digit) => {
        this.#options.events.keyPressed();
        this.#session?.pressKey(digit);
      },
      held: (isHeld) => this.#hold(isHeld),
      hungUp: (cause) => this.end({ by: "hangup", cause }),
      statistics: (rtp) => {
        this.#options.events.statistics(rtp);
        this.#statistics.resolve();
      },
      closed: (reason) => {
        this.end({ by: "connection", reason });
        this.#statistics.resolve();
      },
    });
  }

  #hold(isHeld: boolean): void {
    if (isHeld === this.#held) return;
    this.#held = isHeld;
    this.#session?.hold(isHeld);
    if (!isHeld) this.#audio.goOn();
    this.#options.log.info(
      isHeld ? "The call was put on hold" : "The call is off hold",
    );
  }

  async #converse(): Promise<void> {
    const { control, answerAfterMs, maxCallMs, resumed } = this.#options;
    await this.#unlessEnded(control.takeOver());
    // A caller in mid-call is not to wait for the model without hearing anything.
    if (!resumed) await this.#unlessEnded(this.#openedOr(answerAfterMs));
    const format = await this.#unlessEnded(control.answer());
    this.#answered = true;
    this.#after(maxCallMs, { by: "limit" });
    const problem = formatProblem(format);
    if (problem !== undefined) {
      this.end({ by: "format", message: problem });
      return;
    }
    await this.#unlessEnded(this.#audio.start(format, this.#session));
    this.#firstFrameMs = performance.now();
    control.audioCame?.().catch((error) =>
      this.#options.log.warn("FreeSWITCH does not keep that audio came", {
        error,
      })
    );
    const setupMs = Math.round(this.#firstFrameMs - this.#startedMs);
    this.#options.log.info("The call has audio", { ...format, setupMs });
    this.#options.events.answered(setupMs);
  }

  /** Resolves when the model is ready or the caller has waited long enough. */
  #openedOr(afterMs: number): Promise<void> {
    this.#timers.push(setTimeout(() => this.#opened.resolve(), afterMs));
    return this.#opened.promise;
  }

  #after(ms: number, end: CallEnd): void {
    this.#timers.push(setTimeout(() => this.end(end), ms));
  }

  async #unlessEnded<T>(work: Promise<T>): Promise<T> {
    const ended = this.#ended.promise.then(throwEnded);
    const result = await Promise.race([work, ended]);
    // An end in the same turn loses the race, and what follows would never be freed.
    if (this.#over) throwEnded();
    return result;
  }

  /** Frees everything; the order is that of docs/closing.md. */
  async #release(end: CallEnd): Promise<CallReport> {
    const endedMs = performance.now();
    this.#functions.close();
    for (const timer of this.#timers) clearTimeout(timer);
    const farewell = farewellFor(end);
    const isKept = farewell.do === "leave" || farewell.do === "transfer";
    if (isKept) await this.#audio.settle();
    const letGo = this.#audio.close();
    // One that goes on elsewhere is kept first, another is told at once.
    const told = isKept ? undefined : this.#say(farewell);
    const summary = await this.#session?.close(SESSION_CLOSE_MS);
    const isLetGo = await letGo;
    const { counts } = this;
    if (this.#session !== undefined && summary === undefined) {
      this.#estimateUsage(counts);
    }
    this.#audio.returnRings(isLetGo && summary !== undefined);
    const report = {
      end,
      answered: this.#answered,
      shard: this.#session?.shard,
      setupMs: difference(this.#firstFrameMs, this.#startedMs),
      talkMs: difference(endedMs, this.#firstFrameMs) ?? 0,
      counts,
      summary: addUsage(summary, this.#lostUsage),
    };
    if (goesOn(end)) await this.#options.events.parting(report, PART_MS);
    await (told ?? this.#say(farewell));
    return report;
  }

  async #say(farewell: Farewell): Promise<void> {
    const { control, log } = this.#options;
    try {
      if (farewell.do === "leave") {
        await control.setVariable("vapi_cause", farewell.cause);
        await control.setVariable("vapi_reason", farewell.reason);
      } else if (farewell.do === "transfer") {
        await this.#send(farewell.to);
      } else {
        if (farewell.do === "hang_up") await control.hangUp(farewell.cause);
        await this.#awaitStatistics();
      }
    } catch (error) {
      log.warn("FreeSWITCH could not be told of the end", { error });
    } finally {
      control.leave();
    }
  }

  /** Whoever cannot be sent elsewhere is left to the dialplan, which gives them back to an assistant. */
  async #send(to: string): Promise<void> {
    const { control } = this.#options;
    try {
      await control.transfer?.(to);
    } catch (error) {
      await control.setVariable("vapi_transfer", "refused");
      throw error;
    }
  }

  async #awaitStatistics(): Promise<void> {
    // A browser has none, and who has come back waits for its place.
    if (this.#options.control.channel.line === "browser") return;
    const timer = setTimeout(() => this.#statistics.resolve(), LINGER_MS);
    await this.#statistics.promise;
    clearTimeout(timer);
  }
}

function throwEnded(): never {
  throw new DOMException("The call has ended", "AbortError");
}

function difference(later?: number, earlier?: number): number | undefined {
  if (later === undefined || earlier === undefined) return undefined;
  return later - earlier;
}

function formatProblem(format: LegFormat): string | undefined {
  const { codec, rateHz, frameMs } = format;
  const isCarried = RATES_HZ.some((each) => each === rateHz) &&
    FRAMES_MS.some((each) => each === frameMs);
  if (isCarried) return undefined;
  return `The channel's audio is ${codec} at ${rateHz} Hz in frames of ${frameMs} ms; ` +
    `only ${RATES_HZ.join(", ")} Hz in frames of ` +
    `${FRAMES_MS.join(", ")} ms are carried`;
}
