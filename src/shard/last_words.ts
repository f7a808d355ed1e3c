import type { AfterFunction } from "./protocol.ts";

/** A model that has nothing to say at the end does not keep the caller for longer, in milliseconds. */
const LAST_WORDS_MS = 8000;

/** What the assistant says at the end of its conversation, and what follows when the caller has heard it. Shard's thread. */
export class LastWords {
  #after?: AfterFunction;
  #sinceMs = 0;
  /** Of what is said to the last function: what the model said before was something else. */
  #have: "nothing" | "begun" | "spoken" = "nothing";

  /** They are to come. */
  expect(after: AfterFunction, nowMs: number): void {
    this.#after = after;
    this.#sinceMs = nowMs;
    this.#have = "nothing";
  }

  /** A response begins. */
  begin(): void {
    if (this.#have === "nothing") this.#have = "begun";
  }

  /** Something of a response is heard. */
  spoken(): void {
    if (this.#have === "begun") this.#have = "spoken";
  }

  /** The caller says something, or the model is gone: whoever was to be hung up may want to hear more. */
  interrupt(): void {
    if (this.#after?.do === "hang_up") this.#after = undefined;
  }

  /** What follows now; undefined while there is more to say, or to hear. `isSpeaking`: more of it comes, or is played. */
  followedBy(nowMs: number, isSpeaking: boolean): AfterFunction | undefined {
    if (this.#after === undefined || isSpeaking) return undefined;
    const isOver = this.#have === "spoken" ||
      nowMs - this.#sinceMs >= LAST_WORDS_MS;
    return isOver ? this.#after : undefined;
  }
}
