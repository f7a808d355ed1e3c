import type {
  FromShard,
  SessionSummary,
  ToShard,
} from "../../src/shard/protocol.ts";
import type {
  ShardThreadEvents,
  StartShardThread,
} from "../../src/router/shard_thread.ts";

/** A summary of a session in which nothing happened. */
export const EMPTY_SUMMARY: SessionSummary = {
  turns: 0,
  bargeIns: 0,
  heardMs: 0,
  usage: [],
};

/** Stands in for a shard's thread: keeps what it is told, says what a test has it say. */
export class FakeWorker {
  /** But for the questions after its life. */
  readonly posted: ToShard[] = [];
  terminations = 0;
  /** Whether it answers `close` as a shard does. */
  answersClose = true;
  /** Whether it answers `ping` as a shard does. */
  answersPing = true;
  #events?: ShardThreadEvents;

  /** Starts this thread. */
  readonly start: StartShardThread = (_shard, events) => {
    this.#events = events;
    return {
      post: (message) => this.#take(message),
      end: () => this.terminations++,
      abandon: () => this.terminations++,
    };
  };

  get postedTypes(): string[] {
    return this.posted.map(({ type }) => type);
  }

  say(message: FromShard): void {
    this.#events?.heard(message);
  }

  /** Dies as a thread does that throws. */
  crash(message: string): void {
    this.#events?.died(new Error(message));
  }

  #take(message: ToShard): void {
    if (message.type === "ping") {
      if (this.answersPing) queueMicrotask(() => this.say({ type: "pong" }));
      return;
    }
    this.posted.push(message);
    if (message.type !== "close" || !this.answersClose) return;
    const { callId } = message;
    queueMicrotask(() =>
      this.say({ type: "closed", callId, summary: EMPTY_SUMMARY })
    );
  }
}
