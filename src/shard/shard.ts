import type { CreateResampler } from "../audio/resampler.ts";
import { DoorbellChime } from "../ring/doorbell.ts";
import type { Log } from "../telemetry/log.ts";
import type { FromShard, ShardSettings, ToShard } from "./protocol.ts";
import { Session } from "./session.ts";
import type { CreateSpeechModel } from "./speech_model.ts";

/**
 * After a round the shard rests this long, in milliseconds, so that the frames
 * of many calls share one wake-up; a lone frame after a pause is taken at once.
 */
const REST_MS = 10;

/** Parts of a {@linkcode Shard}. */
export interface ShardOptions {
  readonly settings: ShardSettings;
  readonly createModel: CreateSpeechModel;
  readonly createResampler: CreateResampler;
  readonly tell: (message: FromShard) => void;
  readonly log: Log;
}

/** All sessions of one worker thread, and the loop that serves them. */
export class Shard {
  #options: ShardOptions;
  #sessions = new Map<string, Session>();

  constructor(options: ShardOptions) {
    this.#options = options;
  }

  /** Sessions that are not closed. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Serves the rings for ever; each time that the doorbell rang, every session has its turn. */
  async run(): Promise<never> {
    const chime = new DoorbellChime(this.#options.settings.doorbell);
    while (true) {
      await chime.wait();
      for (const session of this.#sessions.values()) this.#pump(session);
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
  }

  /** Obeys one message of the main thread; what it cannot do is told as `failed`. */
  receive(message: Exclude<ToShard, { type: "start" }>): void {
    if (message.type === "open") {
      this.#open(message);
      return;
    }
    if (message.type === "ping") {
      this.#options.tell({ type: "pong" });
      return;
    }
    if (message.type === "suppliers") return;
    const session = this.#sessions.get(message.callId);
    if (session === undefined) return;
    switch (message.type) {
      case "attach":
        this.#supervise(session, session.attach(message));
        break;
      case "dtmf":
        session.pressKey(message.digit);
        break;
      case "close":
        this.#sessions.delete(message.callId);
        session.close();
        break;
    }
  }

  #open(message: Extract<ToShard, { type: "open" }>): void {
    const { callId } = message;
    try {
      const session = this.#makeSession(message);
      this.#sessions.set(callId, session);
      this.#supervise(session, session.open());
    } catch (error) {
      const { tell, log } = this.#options;
      log.error("A session could not be made", { callId, error });
      const why = String(error);
      tell({ type: "failed", callId, kind: "internal", message: why });
    }
  }

  #makeSession({ callId, assistant }: Extract<ToShard, { type: "open" }>) {
    const { settings, createModel, createResampler, tell, log } = this.#options;
    return new Session({
      callId,
      assistant,
      createModel,
      createResampler,
      uplinkBatchMs: settings.uplinkBatchMs,
      modelOpenTimeoutMs: settings.model.openTimeoutMs,
      tell,
      now: () => performance.now(),
      log: log.with({ callId }),
    });
  }

  #pump(session: Session): void {
    try {
      session.pump();
    } catch (error) {
      this.#giveUp(session, error);
    }
  }

  #supervise(session: Session, work: Promise<void>): void {
    work.catch((error) => this.#giveUp(session, error));
  }

  /** A fault of ours costs the one call in which it shows. */
  #giveUp(session: Session, error: unknown): void {
    const { callId } = session;
    this.#options.log.error("A session failed", { callId, error });
    session.giveUp(error);
  }
}
