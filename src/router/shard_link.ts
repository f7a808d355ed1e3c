// Long because: all that the main thread knows of one shard is in one place.
import { allocateDoorbell } from "../ring/doorbell.ts";
import { allocateMailMark, MailMark } from "../ring/mail_mark.ts";
import { allocateWorkMark, WorkMark } from "../ring/work_mark.ts";
import type {
  Assistant,
  FromShard,
  Resumption,
  SessionSummary,
  ShardSettings,
  SupplierOutcome,
  ToShard,
} from "../shard/protocol.ts";
import type { SessionEvents, SessionHandle } from "./session_handle.ts";
import type { ShardThread, StartShardThread } from "./shard_thread.ts";

/** Settings of a shard but for what its link makes itself. */
export type LinkSettings = Omit<
  ShardSettings,
  "shard" | "mail" | "doorbell" | "workMark"
>;

/** Parts of a {@linkcode ShardLink}. */
export interface ShardLinkOptions {
  readonly shard: number;
  readonly start: StartShardThread;
  readonly settings: LinkSettings;
  /** A shard that answers nothing for so long is dead, in milliseconds. */
  readonly silentMs: number;
  readonly log: (line: string) => void;
  /** A connection to a supplier was made, or was not. */
  readonly supplier: (supplier: string, outcome: SupplierOutcome) => void;
  /** How late the shard's event loop was, in milliseconds. */
  readonly delayed: (delayMs: number) => void;
  /** The shard is dead; called once. */
  readonly died: (error: unknown) => void;
}

type SessionMessage = Extract<FromShard, { callId: string }>;

interface OpenSession {
  readonly callId: string;
  readonly serial: number;
  readonly events: SessionEvents;
  readonly closed: PromiseWithResolvers<SessionSummary | undefined>;
}

/** What a shard that starts must have done by then, in milliseconds. */
const START_MS = 30_000;

/** The main thread's end of one shard: its thread, its doorbell, its sessions and its pulse. */
export class ShardLink {
  readonly shard: number;
  #options: ShardLinkOptions;
  #thread: ShardThread;
  #mailMemory = allocateMailMark();
  #mail = new MailMark(this.#mailMemory);
  #doorbell = allocateDoorbell();
  #workMarkMemory = allocateWorkMark();
  #workMark = new WorkMark(this.#workMarkMemory);
  #sessions = new Map<string, OpenSession>();
  /** By call, how many sessions were given up that have yet to answer their `close`. */
  #abandoned = new Map<string, number>();
  #started = Promise.withResolvers<void>();
  #state: "starting" | "running" | "dead" = "starting";
  #serials = 0;
  /** When the question was put that is not answered yet. */
  #askedMs?: number;
  /** The shard's rounds when they were looked at last, and when they had changed. */
  #rounds = 0;
  #cameRoundMs = 0;

  constructor(options: ShardLinkOptions) {
    this.shard = options.shard;
    this.#options = options;
    this.#thread = options.start(options.shard, {
      heard: (message) => this.#receive(message),
      died: (error) => this.#die(error),
    });
    this.#started.promise.catch(() => {});
    this.#askedMs = performance.now();
    this.#post({
      type: "start",
      settings: {
        ...options.settings,
        shard: options.shard,
        mail: this.#mailMemory,
        doorbell: this.#doorbell,
        workMark: this.#workMarkMemory,
      },
    });
  }

  /** Whether it takes sessions. */
  get running(): boolean {
    return this.#state === "running";
  }

  /** Sessions that are not closed. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Resolves when the shard takes sessions; rejects when it died before. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Opens a session for a call; one of a shard that died meanwhile is lost at once. */
  open(
    call: {
      readonly callId: string;
      readonly assistant: Assistant;
      readonly resume?: Resumption;
      readonly held?: boolean;
    },
    events: SessionEvents,
  ): SessionHandle {
    const { callId } = call;
    const serial = ++this.#serials;
    const closed = Promise.withResolvers<SessionSummary | undefined>();
    const session = { callId, serial, events, closed };
    if (this.#state === "dead") queueMicrotask(() => events.lost(false));
    else this.#sessions.set(callId, session);
    this.#post({ type: "open", serial, ...call });
    const post = (message: ToShard) => {
      if (this.#isOpen(session)) this.#post(message);
    };
    return {
      shard: this.shard,
      doorbell: { memory: this.#doorbell, call: serial },
      attach: (options) => post({ type: "attach", callId, ...options }),
      pressKey: (digit) => post({ type: "dtmf", callId, digit }),
      hold: (isHeld) => post({ type: "hold", callId, isHeld }),
      answerFunction: (answer) =>
        post({ type: "function_answer", callId, answer }),
      close: (withinMs) => this.#close(session, withinMs),
    };
  }

  /** Tells the shard which suppliers are to be passed over. */
  passOver(unavailable: readonly string[]): void {
    this.#post({ type: "suppliers", unavailable });
  }

  /**
   * Feels the pulse: asks whether the shard is alive, once the last question is
   * answered, and gives it up when that takes too long and it does not come
   * round either: one that is only late would be later still for being replaced.
   * `pausedMs` is how long this thread itself stood still since the last time,
   * which is not the shard's fault.
   */
  beat(pausedMs: number): void {
    const nowMs = performance.now();
    if (this.#state === "dead") return;
    this.#noticeRounds(nowMs, pausedMs);
    if (this.#askedMs === undefined) {
      this.#askedMs = nowMs;
      this.#post({ type: "ping" });
      return;
    }
    this.#askedMs += pausedMs;
    const silentMs = nowMs - this.#askedMs;
    // One that starts serves nobody who could be late.
    if (this.running) this.#options.delayed(silentMs);
    const mostMs = this.running ? this.#options.silentMs : START_MS;
    const stillMs = Math.min(silentMs, nowMs - this.#cameRoundMs);
    if (stillMs < mostMs) return;
    const still = `No sign of life for ${Math.round(stillMs)} ms`;
    this.#die(new Error(still), "hangs");
  }

  #noticeRounds(nowMs: number, pausedMs: number): void {
    const { rounds } = this.#workMark;
    if (rounds !== this.#rounds) this.#cameRoundMs = nowMs;
    else this.#cameRoundMs += pausedMs;
    this.#rounds = rounds;
  }

  /** Ends the thread at once. */
  terminate(): void {
    this.#die(new Error("The shard was ended"));
  }

  /** Whether a session is not over; a call's id may be that of a newer one. */
  #isOpen(session: OpenSession): boolean {
    return this.#sessions.get(session.callId) === session;
  }

  async #close(
    session: OpenSession,
    withinMs: number,
  ): Promise<SessionSummary | undefined> {
    if (!this.#isOpen(session)) return undefined;
    this.#post({ type: "close", callId: session.callId });
    const timer = setTimeout(() => this.#abandon(session), withinMs);
    const summary = await session.closed.promise;
    clearTimeout(timer);
    return summary;
  }

  #abandon(session: OpenSession): void {
    const { callId } = session;
    this.#sessions.delete(callId);
    this.#abandoned.set(callId, (this.#abandoned.get(callId) ?? 0) + 1);
    session.closed.resolve(undefined);
  }

  /**
   * Whether a message is of a session that was given up. Messages keep their
   * order, so that all of a call's are, until the last such session has closed.
   */
  #isLate({ type, callId }: SessionMessage): boolean {
    const abandoned = this.#abandoned.get(callId);
    if (abandoned === undefined) return false;
    if (type !== "closed") return true;
    if (abandoned === 1) this.#abandoned.delete(callId);
    else this.#abandoned.set(callId, abandoned - 1);
    return true;
  }

  #receive(message: FromShard): void {
    if (this.#state === "dead") return;
    switch (message.type) {
      case "started":
        this.#state = "running";
        this.#askedMs = undefined;
        return this.#started.resolve();
      case "log":
        return this.#options.log(message.line);
      case "supplier":
        return this.#options.supplier(message.supplier, message.outcome);
      case "pong":
        return this.#answer();
      default:
        this.#hear(message);
    }
  }

  #answer(): void {
    if (this.#askedMs === undefined) return;
    this.#options.delayed(performance.now() - this.#askedMs);
    this.#askedMs = undefined;
  }

  #hear(message: SessionMessage): void {
    if (this.#isLate(message)) return;
    const session = this.#sessions.get(message.callId);
    if (session === undefined) return;
    if (message.type === "closed") this.#sessions.delete(message.callId);
    tell(session, message);
  }

  #die(error: unknown, how: "ends" | "hangs" = "ends"): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    const atWork = this.#workMark.current;
    this.#workMark.dismiss();
    if (how === "hangs") this.#thread.abandon(this.#workMark.thread);
    else this.#thread.end();
    this.#started.reject(error);
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { closed } of sessions) closed.resolve(undefined);
    for (const { events, serial } of sessions) events.lost(serial === atWork);
    this.#options.died(error);
  }

  #post(message: ToShard): void {
    if (this.#state === "dead") return;
    this.#thread.post(message);
    this.#mail.posted();
  }
}

function tell(session: OpenSession, message: SessionMessage): void {
  switch (message.type) {
    case "opened":
      session.events.opened();
      break;
    case "failed":
      session.events.failed(message.kind, message.message);
      break;
    case "fact":
      session.events.fact(message.fact);
      break;
    case "finished":
      session.events.finished(message.reason);
      break;
    case "function":
      session.events.functionCalled(message.call);
      break;
    case "closed":
      session.closed.resolve(message.summary);
      break;
  }
}
