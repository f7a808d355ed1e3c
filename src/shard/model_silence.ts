import type { Lack } from "./answer.ts";
import { ModelError } from "./speech_model.ts";

/** What a model may keep waiting for, each with how long that may last, in milliseconds. */
const MOST_MS = {
  /** The beginning of an answer, which a model tells before it thinks. */
  response: 8_000,
  /** The first sound of an answer that has begun: longer than any model thinks. */
  answer: 15_000,
  /** A sign of life of one that seems not to listen. */
  sign: 5_000,
  /** More of an answer of which the caller has heard all there is: models speak faster than anybody listens. */
  rest: 4_000,
} as const;

/** Who looks less often than this, in milliseconds, stood still, or the machine did: that is no silence of the model. */
const STOOD_STILL_MS = 1000;
/** An answer that takes the place of one that came to nothing begins before that. */
const ASK_AGAIN_MS = 300;
/** Conversations in a row that are given up because nothing came of them; the next one fails the call. */
const MOST_ABANDONED = 2;

/** What is awaited of a model while the caller hears nothing. */
export type Awaited = keyof typeof MOST_MS;

/** What the session sees of its model at a moment. */
export interface ModelState {
  readonly awaited: Awaited | undefined;
  /** Of an answer that the caller waits for. */
  readonly lack: Lack | undefined;
  /** Monotonic, in milliseconds. */
  readonly nowMs: number;
}

/** What follows: the answer is asked for again, the conversation is given up, or the call is, because the dialplan has people to talk to. */
export type Consequence =
  | { readonly do: "ask_again" }
  | { readonly do: "abandon" | "fail"; readonly failure: ModelError };

/**
 * Notices a model that is there and does not go on, and decides what follows: a
 * supplier's gateway may answer pings for a model behind it that has died, and
 * an answer may come to nothing. Shard's thread.
 */
export class ModelSilence {
  #awaited?: Awaited;
  #sinceMs = 0;
  #lookedMs = NaN;
  #abandoned = 0;
  #isAskedAgain = false;

  /** Something of an answer is heard. */
  spoken(): void {
    this.#isAskedAgain = false;
  }

  /** An answer was heard whole: the model is well. */
  answered(): void {
    this.#abandoned = 0;
  }

  /** What follows now; to be asked some times a second. */
  look({ awaited, lack, nowMs }: ModelState): Consequence | undefined {
    const overdueMs = this.#overdueMs(awaited, nowMs);
    if (overdueMs !== undefined) {
      return this.#giveUp(`no ${awaited} within ${Math.round(overdueMs)} ms`);
    }
    // What takes its place may follow at once.
    if (lack === undefined || nowMs - lack.sinceMs < ASK_AGAIN_MS) return;
    if (lack.hasWords) return this.#giveUp("an answer in words, without sound");
    if (this.#isAskedAgain) return this.#giveUp("twice an answer of nothing");
    this.#isAskedAgain = true;
    return { do: "ask_again" };
  }

  /** How long that has lasted, once it is too long; then it begins anew. */
  #overdueMs(awaited: Awaited | undefined, nowMs: number): number | undefined {
    const stoodMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    if (stoodMs > STOOD_STILL_MS) this.#sinceMs += stoodMs;
    if (awaited === undefined || awaited !== this.#awaited) {
      this.#awaited = awaited;
      this.#sinceMs = nowMs;
      return undefined;
    }
    const waitedMs = nowMs - this.#sinceMs;
    if (waitedMs < MOST_MS[awaited]) return undefined;
    this.#sinceMs = nowMs;
    return waitedMs;
  }

  #giveUp(message: string): Consequence {
    this.#isAskedAgain = false;
    const isLast = ++this.#abandoned > MOST_ABANDONED;
    const failure = new ModelError("timeout", message);
    return { do: isLast ? "fail" : "abandon", failure };
  }
}
