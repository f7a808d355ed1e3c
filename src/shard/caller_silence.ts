/** What is to be done about a caller who says nothing. */
export type SilenceStep = "ask" | "take_leave" | "end";

/** Of the time after which a caller is asked, the share after which leave is taken of one who does not answer. */
const LEAVE_SHARE = 0.5;
/** A farewell that nobody says ends the call after so long. */
const FAREWELL_MS = 10_000;

/**
 * Notices a caller who says nothing: asks, then takes leave, then ends. Time
 * counts only while the caller has the word. Shard's thread.
 */
export class CallerSilence {
  #afterMs: number;
  #step: "none" | "asked" | "leaving" = "none";
  #quietSinceMs?: number;
  /** Whether something was heard since the last step. */
  #spoken = false;

  /** `afterMs` 0 never notices. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** The caller spoke or pressed a key. */
  heard(): void {
    this.#quietSinceMs = undefined;
    this.#step = "none";
  }

  /** Somebody else has the word: the silence begins anew after that. */
  busy(): void {
    this.#quietSinceMs = undefined;
    this.#spoken = true;
  }

  /** The caller has the word; what is to be done now, if anything. */
  quiet(nowMs: number): SilenceStep | undefined {
    if (this.#afterMs === 0) return undefined;
    this.#quietSinceMs ??= nowMs;
    const quietMs = nowMs - this.#quietSinceMs;
    switch (this.#step) {
      case "none":
        return quietMs < this.#afterMs ? undefined : this.#to("asked", "ask");
      case "asked":
        if (quietMs < this.#afterMs * LEAVE_SHARE) return undefined;
        return this.#to("leaving", "take_leave");
      case "leaving":
        if (!this.#spoken && quietMs < FAREWELL_MS) return undefined;
        return "end";
    }
  }

  #to(step: "asked" | "leaving", what: SilenceStep): SilenceStep {
    this.#step = step;
    this.#quietSinceMs = undefined;
    this.#spoken = false;
    return what;
  }
}
