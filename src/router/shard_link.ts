import { allocateDoorbell, DoorbellButton } from "../ring/doorbell.ts";
import type {
  Assistant,
  FromShard,
  SessionFact,
  SessionSummary,
  ShardSettings,
  ToShard,
} from "../shard/protocol.ts";

/** What a session tells its call, on the main thread. */
export interface SessionEvents {
  /** The model takes audio. */
  opened(): void;
  /** The model could not be had or was lost. */
  failed(kind: string, message: string): void;
  /** Something to be counted. */
  fact(fact: SessionFact): void;
  /** The whole shard died, and the session with it; nothing comes afterwards. */
  lost(): void;
}

/** A call's hold on its session. */
export interface SessionHandle {
  readonly shard: number;
  /** Pressed for each uplink frame. */
  readonly doorbell: DoorbellButton;
  attach(options: {
    readonly rings: SharedArrayBuffer;
    readonly rateHz: number;
    readonly frameSamples: number;
  }): void;
  pressKey(digit: string): void;
  /**
   * Ends the session. Resolves with its summary once the shard has let go of
   * the rings, or undefined when the shard is dead or silent: then it may
   * still hold them.
   */
  close(withinMs: number): Promise<SessionSummary | undefined>;
}

/** Settings of a shard but for what its link makes itself. */
export type LinkSettings = Omit<ShardSettings, "shard" | "doorbell">;

/** Parts of a {@linkcode ShardLink}. */
export interface ShardLinkOptions {
  readonly shard: number;
  readonly worker: Worker;
  readonly settings: LinkSettings;
  readonly log: (line: string) => void;
  /** The worker is dead; called once. */
  readonly died: (error: unknown) => void;
}

type SessionMessage = Exclude<
  FromShard,
  { type: "started" | "log" | "supplier" | "pong" }
>;

interface OpenSession {
  readonly callId: string;
  readonly events: SessionEvents;
  readonly closed: PromiseWithResolvers<SessionSummary | undefined>;
}

/** The main thread's end of one shard: its worker, its doorbell and its sessions. */
export class ShardLink {
  readonly shard: number;
  #options: ShardLinkOptions;
  #doorbellMemory = allocateDoorbell();
  #doorbell = new DoorbellButton(this.#doorbellMemory);
  #sessions = new Map<string, OpenSession>();
  /** By call, how many sessions were given up that have yet to answer their `close`. */
  #abandoned = new Map<string, number>();
  #started = Promise.withResolvers<void>();
  #state: "starting" | "running" | "dead" = "starting";

  constructor(options: ShardLinkOptions) {
    this.shard = options.shard;
    this.#options = options;
    const { worker } = options;
    worker.onmessage = (event: MessageEvent<FromShard>) =>
      this.#receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#die(new Error(event.message));
    };
    worker.onmessageerror = () =>
      this.#die(new Error("A message could not be read"));
    this.#started.promise.catch(() => {});
    const doorbell = this.#doorbellMemory;
    this.#post({
      type: "start",
      settings: { ...options.settings, shard: options.shard, doorbell },
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

  /** Opens a session for a call. */
  open(
    call: { readonly callId: string; readonly assistant: Assistant },
    events: SessionEvents,
  ): SessionHandle {
    const { callId, assistant } = call;
    const closed = Promise.withResolvers<SessionSummary | undefined>();
    const session = { callId, events, closed };
    this.#sessions.set(callId, session);
    this.#post({ type: "open", callId, serial: 1, assistant });
    const post = (message: ToShard) => {
      if (this.#isOpen(session)) this.#post(message);
    };
    return {
      shard: this.shard,
      doorbell: this.#doorbell,
      attach: (options) => post({ type: "attach", callId, ...options }),
      pressKey: (digit) => post({ type: "dtmf", callId, digit }),
      close: (withinMs) => this.#close(session, withinMs),
    };
  }

  /** Ends the worker at once. */
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
    if (message.type === "started") {
      this.#state = "running";
      this.#started.resolve();
      return;
    }
    if (message.type === "log") {
      this.#options.log(message.line);
      return;
    }
    if (message.type === "supplier" || message.type === "pong") return;
    if (this.#isLate(message)) return;
    const session = this.#sessions.get(message.callId);
    if (session === undefined) return;
    if (message.type === "closed") this.#sessions.delete(message.callId);
    tell(session, message);
  }

  #die(error: unknown): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#options.worker.terminate();
    this.#started.reject(error);
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { closed } of sessions) closed.resolve(undefined);
    for (const { events } of sessions) events.lost();
    this.#options.died(error);
  }

  #post(message: ToShard): void {
    if (this.#state !== "dead") this.#options.worker.postMessage(message);
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
      break;
    case "closed":
      session.closed.resolve(message.summary);
      break;
  }
}
