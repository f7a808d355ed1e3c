import type { FunctionAnswer } from "./protocol.ts";

/** More at once is no conversation. */
const MOST_RUNNING = 16;
/** A model that says nothing to the last answer does not keep the caller for longer, in milliseconds. */
const LAST_WORDS_MS = 8000;

/** The model's calls of functions, and the end that one of them brings. Shard's thread. */
export class FunctionCalls {
  readonly #running = new Set<string>();
  /** The last answer: since when, and whether anything was said to it. */
  #last?: {
    readonly sinceMs: number;
    readonly is: NonNullable<FunctionAnswer["isLast"]>;
    hasSpoken: boolean;
  };

  /** Whether one is awaited. */
  get areRunning(): boolean {
    return this.#running.size > 0;
  }

  /** A function is called; false when too many are. */
  begin(id: string): boolean {
    if (this.#running.size >= MOST_RUNNING) return false;
    this.#running.add(id);
    return true;
  }

  /** A function has returned; false when nobody waits for it any more. */
  end({ id, isLast }: FunctionAnswer, nowMs: number): boolean {
    if (!this.#running.delete(id)) return false;
    if (isLast !== undefined) {
      this.#last = { sinceMs: nowMs, is: isLast, hasSpoken: false };
    }
    return true;
  }

  /** The model that has called them is gone. */
  forget(): void {
    this.#running.clear();
  }

  /** The assistant says something. */
  spoken(): void {
    if (this.#last !== undefined) this.#last.hasSpoken = true;
  }

  /** The caller speaks, and may have changed their mind. */
  callerSpeaks(): void {
    if (this.#last?.is === "unless_caller_speaks") this.#last = undefined;
  }

  /** Whether the last answer was followed by what there was to say, or by nothing for too long. `isSpeaking`: more of it comes, or is played. */
  isOver(nowMs: number, isSpeaking: boolean): boolean {
    if (this.#last === undefined || isSpeaking) return false;
    return this.#last.hasSpoken ||
      nowMs - this.#last.sinceMs >= LAST_WORDS_MS;
  }
}
