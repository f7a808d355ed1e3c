import type { MailMark } from "./mail_mark.ts";
import type { WorkMark } from "./work_mark.ts";

/** A thread that was stopped for longer does not make up for the rounds, in milliseconds. */
const MOST_BEHIND_MS = 40;

/** Parts of a {@linkcode WorkLoop}. */
export interface WorkLoopOptions {
  readonly mail: MailMark;
  readonly mark: WorkMark;
  /** Time from one round to the next, in milliseconds. */
  readonly roundMs: number;
  /** How long the runtime waits for its turn at most, in milliseconds: for its timers, and for what waits for promises. */
  readonly turnMs: number;
  /** Whether there is anything to come round for. */
  readonly hasWork: () => boolean;
  /** Comes round; true when the runtime should have its turn at once. */
  readonly round: (nowMs: number) => boolean;
}

/**
 * The rounds of a thread that works every few milliseconds. While there is work
 * the thread sleeps and wakes by itself, which costs half of a timer of the
 * runtime, and lets that have its turn when messages wait, when a round asks for
 * it, and now and then. Without work it waits for messages as any thread does.
 */
export class WorkLoop {
  #options: WorkLoopOptions;
  #working = false;
  #dueMs = 0;

  constructor(options: WorkLoopOptions) {
    this.#options = options;
  }

  /** Counts a message that came; to be followed by {@linkcode WorkLoop.goOn}. */
  received(): void {
    this.#options.mail.took();
  }

  /** Works on behind what the runtime has to do, unless it does already. */
  goOn(): void {
    if (this.#working || !this.#options.hasWork()) return;
    this.#working = true;
    // After a rest there were no rounds that could be late.
    this.#dueMs = performance.now();
    setImmediate(this.#work);
  }

  #work = (): void => {
    const { mail, mark, turnMs, hasWork } = this.#options;
    const untilMs = performance.now() + turnMs;
    let wantsTurn = false;
    while (hasWork()) {
      if (mark.isDismissed) return;
      const nowMs = performance.now();
      if (nowMs >= this.#dueMs) wantsTurn = this.#round(nowMs);
      else mail.sleep(this.#dueMs - nowMs);
      // What waits is received before this comes round again.
      if (wantsTurn || mail.waiting || nowMs >= untilMs) {
        setImmediate(this.#work);
        return;
      }
    }
    this.#working = false;
  };

  #round(nowMs: number): boolean {
    const { mark, roundMs, round } = this.#options;
    mark.late(nowMs - this.#dueMs);
    mark.round();
    this.#dueMs = Math.max(this.#dueMs + roundMs, nowMs - MOST_BEHIND_MS);
    return round(nowMs);
  }
}
