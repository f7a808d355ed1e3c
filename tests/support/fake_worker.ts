import type {
  FromShard,
  SessionSummary,
  ToShard,
} from "../../src/shard/protocol.ts";

/** A summary of a session in which nothing happened. */
export const EMPTY_SUMMARY: SessionSummary = {
  turns: 0,
  bargeIns: 0,
  heardMs: 0,
  usage: [],
};

/** Stands in for a shard's worker: keeps what it is told, says what a test has it say. */
export class FakeWorker {
  readonly posted: ToShard[] = [];
  terminations = 0;
  /** Whether it answers `close` as a shard does. */
  answersClose = true;
  onmessage?: (event: { data: FromShard }) => void;
  onerror?: (event: { message: string; preventDefault(): void }) => void;
  onmessageerror?: () => void;

  /** The same, for those who want a worker. */
  get worker(): Worker {
    return this as unknown as Worker;
  }

  get postedTypes(): string[] {
    return this.posted.map(({ type }) => type);
  }

  postMessage(message: ToShard): void {
    this.posted.push(message);
    if (message.type !== "close" || !this.answersClose) return;
    const { callId } = message;
    queueMicrotask(() =>
      this.say({ type: "closed", callId, summary: EMPTY_SUMMARY })
    );
  }

  say(message: FromShard): void {
    this.onmessage?.({ data: message });
  }

  /** Dies as a worker does that throws; returns whether the error was taken care of. */
  crash(message: string): boolean {
    let handled = false;
    this.onerror?.({ message, preventDefault: () => handled = true });
    return handled;
  }

  terminate(): void {
    this.terminations++;
  }
}
