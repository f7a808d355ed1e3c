import { CallerVoice } from "./caller_voice.ts";

/** Utterances of which a model has noticed nothing. */
const MOST_MISSED = 2;
/** Speech that the model hears has an end on the line, too; then it must have noticed within this, in milliseconds. */
const LONGEST_END_MS = 5000;
/** Utterances that end closer together came at once: what the caller said while the model was away. */
const APART_MS = 1000;
/** A model that has given a sign and still notices nothing is doubted again only after so long, in milliseconds: what there is on the line may be no caller. */
const REST_MS = 300_000;
/** One that is new to the call has so long to notice something, in milliseconds. */
const SETTLE_MS = 20_000;

/** A pause between words is shorter, in milliseconds. */
const QUIET_MS = 200;

/** What a model has to notice now: that the caller begins to speak, or that they have ended. */
export type Noticeable = "begin" | "end";

/**
 * Doubts a model that is there and does not listen: one whose gateway still
 * answers pings may have died, and no event tells. Shard's thread.
 */
export class ModelHearing {
  #voice = new CallerVoice();
  #missed = 0;
  #missedMs = -Infinity;
  #restsUntilMs = -Infinity;
  #isDoubted = false;
  #awaitsSign = false;

  /** Whether it was doubted, and has given no sign since. */
  get awaitsSign(): boolean {
    return this.#awaitsSign;
  }

  /** Whether the caller, whom the model takes to be speaking, has not been loud for longer than between two words. */
  get isQuiet(): boolean {
    return this.#voice.quietMs >= QUIET_MS;
  }

  /** The model has noticed that the caller spoke, or stopped: what the line said before is no concern any more. */
  noticed(): void {
    this.#voice.forget();
    this.#missed = 0;
    this.#isDoubted = false;
    this.#restsUntilMs = -Infinity;
    this.signed();
  }

  /** The model has spoken: no sign is awaited. */
  signed(): void {
    this.#awaitsSign = false;
  }

  /** The model is lost; the next one is judged anew. */
  replaced(nowMs: number): void {
    this.#missed = 0;
    this.#isDoubted = false;
    this.#restsUntilMs = nowMs + SETTLE_MS;
    this.signed();
  }

  /** Takes what the model is given of the caller, some tens of milliseconds; `awaited` is undefined while the model has the word. */
  take(
    samples: Int16Array,
    { ms, nowMs, awaited }: {
      readonly ms: number;
      readonly nowMs: number;
      readonly awaited: Noticeable | undefined;
    },
  ): void {
    if (awaited === undefined) return this.#voice.forget();
    const hasEnded = this.#voice.hear(samples, ms);
    if (awaited === "end") {
      if (this.#voice.quietMs >= LONGEST_END_MS) this.#doubt(nowMs);
    } else if (hasEnded) this.#miss(nowMs);
  }

  /** Whether the model is doubted now; told once, and then a sign is awaited. */
  takeDoubt(): boolean {
    const isDoubted = this.#isDoubted;
    this.#isDoubted = false;
    this.#awaitsSign ||= isDoubted;
    return isDoubted;
  }

  #miss(nowMs: number): void {
    if (nowMs - this.#missedMs < APART_MS) return;
    this.#missedMs = nowMs;
    if (++this.#missed >= MOST_MISSED) this.#doubt(nowMs);
  }

  #doubt(nowMs: number): void {
    this.#missed = 0;
    this.#voice.forget();
    if (nowMs < this.#restsUntilMs) return;
    this.#restsUntilMs = nowMs + REST_MS;
    this.#isDoubted = true;
  }
}
