import type { CreateResampler } from "../audio/resampler.ts";
import { DoorbellChime } from "../ring/doorbell.ts";
import type { MailMark } from "../ring/mail_mark.ts";
import { TimedRounds } from "../ring/timed_rounds.ts";
import { WorkLoop } from "../ring/work_loop.ts";
import { WorkMark } from "../ring/work_mark.ts";
import type { Log } from "../telemetry/log.ts";
import { markEvents } from "./marked_events.ts";
import type { FromShard, ShardSettings, ToShard } from "./protocol.ts";
import { Session } from "./session.ts";
import type { CreateSpeechModel } from "./speech_model.ts";

/**
 * A shard with calls comes round this often, in milliseconds, so that the frames
 * of many calls and what came from their models share one wake-up.
 */
const ROUND_MS = 8;
/** The runtime has its turn at least so often, if nothing asks for it before, in milliseconds: its timers may be late by this. */
const TURN_MS = 6 * ROUND_MS;
/** How often every session is looked at, for what only time shows. */
const ALL_MS = 200;

/** Something that is looked at in each round. */
export interface LookedAt {
  readonly size: number;
  look(): void;
  /** Whether something waits for a promise that was settled since this was asked. */
  takeTurn(): boolean;
}

/** Parts of a {@linkcode Shard}. */
export interface ShardOptions {
  readonly settings: ShardSettings;
  readonly createModel: CreateSpeechModel;
  readonly createResampler: CreateResampler;
  readonly tell: (message: FromShard) => void;
  /** The models' connections, where they are looked at in the shard's rounds and not by the runtime. */
  readonly connections?: LookedAt;
  /** Set for rounds in a loop of the shard's own, where no connection is the runtime's; by a timer of the runtime else. Has counted the message that started the shard. */
  readonly mail?: MailMark;
  /** Hears which suppliers are to be passed over. */
  readonly onSuppliers?: (unavailable: readonly string[]) => void;
  readonly log: Log;
}

type OpenMessage = Extract<ToShard, { type: "open" }>;
type CallMessage = Extract<ToShard, { callId: string }>;

interface Served {
  readonly session: Session;
  readonly serial: number;
}

/** All sessions of one worker thread, and the rounds in which they are served, while there are any. */
export class Shard {
  #options: ShardOptions;
  #sessions = new Map<string, Served>();
  /** The same by the numbers under which their legs ring. */
  #bySerial = new Map<number, Served>();
  #mark: WorkMark;
  #chime: DoorbellChime;
  #rounds: WorkLoop | TimedRounds;
  #allDueMs = 0;
  #serveRung = (serial: number) => {
    const served = this.#bySerial.get(serial);
    if (served !== undefined) this.#pump(served);
  };

  constructor(options: ShardOptions) {
    this.#options = options;
    this.#mark = new WorkMark(options.settings.workMark);
    this.#chime = new DoorbellChime(options.settings.doorbell);
    const { mail } = options;
    const rounds = {
      mark: this.#mark,
      roundMs: ROUND_MS,
      hasWork: () => this.#hasWork,
      round: (nowMs: number) => this.#round(nowMs),
    };
    this.#rounds = mail === undefined
      ? new TimedRounds(rounds)
      : new WorkLoop({ ...rounds, mail, turnMs: TURN_MS });
  }

  /** Sessions that are not closed. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Obeys one message of the main thread; what it cannot do is told as `failed`. */
  receive(message: Exclude<ToShard, { type: "start" }>): void {
    this.#rounds.received();
    this.#obeyAny(message);
    this.#rounds.goOn();
  }

  #obeyAny(message: Exclude<ToShard, { type: "start" }>): void {
    switch (message.type) {
      case "ping":
        this.#options.tell({ type: "pong" });
        break;
      case "suppliers":
        this.#options.onSuppliers?.(message.unavailable);
        break;
      default:
        this.#serve(message);
    }
  }

  #serve(message: CallMessage): void {
    if (message.type === "open") return this.#open(message);
    const { callId } = message;
    const served = this.#sessions.get(callId);
    if (served === undefined) {
      if (message.type === "close") this.#denySession(callId);
      return;
    }
    const { session, serial } = served;
    this.#mark.begin(serial);
    if (message.type === "close") this.#bySerial.delete(serial);
    try {
      this.#obey(session, message);
    } catch (error) {
      this.#giveUp(session, error);
    }
    this.#mark.end();
  }

  #obey(
    session: Session,
    message: Exclude<CallMessage, { type: "open" }>,
  ): void {
    switch (message.type) {
      case "attach":
        this.#supervise(session, session.attach(message));
        break;
      case "dtmf":
        session.pressKey(message.digit);
        break;
      case "hold":
        session.hold(message.isHeld);
        break;
      case "function_answer":
        session.answerFunction(message.answer);
        break;
      case "close":
        this.#sessions.delete(message.callId);
        session.close();
        break;
    }
  }

  #open(message: OpenMessage): void {
    const { callId, serial } = message;
    this.#mark.begin(serial);
    try {
      const session = this.#makeSession(message);
      const served = { session, serial };
      this.#sessions.set(callId, served);
      this.#bySerial.set(serial, served);
      this.#supervise(session, session.open());
    } catch (error) {
      const { tell, log } = this.#options;
      log.error("A session could not be made", { callId, error });
      const why = String(error);
      tell({ type: "failed", callId, kind: "internal", message: why });
    }
    this.#mark.end();
  }

  /** Whoever closes a session that could not be made waits for an answer, too. */
  #denySession(callId: string): void {
    const summary = { turns: 0, bargeIns: 0, heardMs: 0, usage: [] };
    this.#options.tell({ type: "closed", callId, summary });
  }

  #makeSession(message: OpenMessage): Session {
    const { callId, serial, assistant, resume, held } = message;
    const { settings, createModel, createResampler, tell, log } = this.#options;
    const { openTimeoutMs, giveUpMs } = settings.model;
    const owner = {
      mark: this.#mark,
      serial,
      failed: (error: unknown) => this.#giveUp(session, error),
    };
    const session: Session = new Session({
      callId,
      assistant,
      resume,
      held,
      createModel: (options) =>
        createModel({ ...options, events: markEvents(options.events, owner) }),
      createResampler,
      uplinkBatchMs: settings.uplinkBatchMs,
      // A caller to whom nothing was said has FreeSWITCH's next choice; another one waits for the rest.
      modelOpenTimeoutMs: resume === undefined ? openTimeoutMs : giveUpMs,
      fillerAfterMs: settings.fillerAfterMs,
      callerSilenceMs: settings.callerSilenceMs,
      tell,
      now: () => performance.now(),
      log: log.with({ callId }),
    });
    return session;
  }

  get #hasWork(): boolean {
    const connections = this.#options.connections?.size ?? 0;
    return this.#sessions.size > 0 || connections > 0;
  }

  /** Looks at the models' connections, serves whose leg rang, and now and then everybody; true when something waits for a promise. */
  #round(nowMs: number): boolean {
    const { connections } = this.#options;
    connections?.look();
    const isTold = this.#chime.calls(this.#serveRung);
    if (!isTold || nowMs >= this.#allDueMs) {
      this.#allDueMs = nowMs + ALL_MS;
      for (const served of this.#sessions.values()) {
        this.#pump(served, nowMs);
      }
    }
    return connections?.takeTurn() ?? false;
  }

  /** Moves what a session has to move, and with a time looks what that shows. */
  #pump({ session, serial }: Served, nowMs?: number): void {
    this.#mark.begin(serial);
    try {
      session.pump();
      if (nowMs !== undefined) session.watch(nowMs);
    } catch (error) {
      this.#giveUp(session, error);
    }
    this.#mark.end();
  }

  #supervise(session: Session, work: Promise<void>): void {
    work.catch((error) => this.#giveUp(session, error));
  }

  /** A fault of ours costs the one call in which it shows. */
  #giveUp(session: Session, error: unknown): void {
    const { callId, state } = session;
    // What it does wrong afterwards is no news.
    if (state === "failed" || state === "closed") return;
    this.#options.log.error("A session failed", { callId, error });
    session.giveUp(error);
  }
}
