import type { TranscriptChange } from "./protocol.ts";
import type { Utterance } from "./speech_model.ts";

/** More than anybody says in a call; a peer that says more is not written down. */
const MOST_CHARACTERS = 200_000;
const MOST_UTTERANCES = 4000;
const LONGEST_TEXT = 8000;
/** Turns whose words may still come. */
const MOST_TURNS = 16;
/** Stands where the caller stopped listening. */
const CUT = "……";

/**
 * What was said in a call, in the order in which it was said: the words of a
 * caller often arrive after the answer to them has begun. Shard's thread. Tells
 * every change; all of it is personal data.
 */
export class Transcript {
  #utterances: Utterance[];
  #tell: (change: TranscriptChange) => void;
  #characters = 0;
  /** Where the next words of the newest turns that are over belong; the oldest first. */
  #turns: number[] = [];
  /** Whether words of the newest of them have come. */
  #turnTold = false;
  /** Whether words that nothing tells the turn of are of the newest. */
  #turnLasts = false;
  /** The assistant's newest utterance. */
  #answerAt?: number;

  constructor(
    history: readonly Utterance[],
    tell: (change: TranscriptChange) => void,
  ) {
    this.#utterances = [...history];
    this.#tell = tell;
    for (const { text } of history) this.#characters += text.length;
  }

  /** Everything that was said, oldest first; what nobody heard is left out. */
  get utterances(): readonly Utterance[] {
    return this.#utterances.filter(({ text }) => text.trim() !== "");
  }

  /** The caller speaks again: once the words of the last turn have come, others belong behind everything. */
  turnBegan(): void {
    if (this.#turnTold) this.#turnLasts = false;
  }

  /** The caller has stopped: words that come from now on belong here. */
  turnEnded(): void {
    if (this.#turns.push(this.#utterances.length) > MOST_TURNS) {
      this.#turns.shift();
    }
    this.#turnTold = false;
    this.#turnLasts = true;
  }

  /**
   * The caller's words of a turn; false when there is no room for them.
   * `turnsAgo` is as `callerSaid` of the model's events has it.
   */
  callerSaid(text: string, turnsAgo = this.#turnLasts ? 0 : -1): boolean {
    const newest = this.#turns.length - 1;
    const turn = Math.max(0, newest - turnsAgo);
    const index = this.#turns[turn] ?? this.#utterances.length;
    if (!this.#insert(index, { role: "caller", text }, 0)) return false;
    if (turn === newest) this.#turnTold = true;
    // Of turns without anything between them, the later ones move on.
    for (let later = turn; later <= newest; later++) this.#turns[later]++;
    if (this.#answerAt !== undefined && index <= this.#answerAt) {
      this.#answerAt++;
    }
    return true;
  }

  /** The assistant's words, of which the caller has yet to hear `leftMs`; false when there is no room for them. */
  assistantSaid(text: string, leftMs: number): boolean {
    const index = this.#utterances.length;
    if (!this.#insert(index, { role: "assistant", text }, leftMs)) return false;
    this.#answerAt = index;
    return true;
  }

  /** Of its newest utterance the caller heard only a share, 0 to 1. */
  cutShort(share: number): void {
    const index = this.#answerAt;
    if (index === undefined) return;
    this.#answerAt = undefined;
    const { text } = this.#utterances[index];
    const heard = text.slice(0, Math.round(text.length * share))
      .toWellFormed();
    const utterance = {
      role: "assistant",
      text: heard === "" ? "" : heard + CUT,
    } as const;
    this.#utterances[index] = utterance;
    this.#tell({ change: "replace", index, utterance, leftMs: 0 });
  }

  /** A new answer has begun: the one before can no longer be cut short. */
  answerBegan(): void {
    this.#answerAt = undefined;
  }

  #insert(index: number, said: Utterance, leftMs: number): boolean {
    const utterance = {
      ...said,
      text: said.text.slice(0, LONGEST_TEXT).toWellFormed(),
    };
    const characters = this.#characters + utterance.text.length;
    if (
      characters > MOST_CHARACTERS ||
      this.#utterances.length >= MOST_UTTERANCES
    ) return false;
    this.#characters = characters;
    this.#utterances.splice(index, 0, utterance);
    this.#tell({ change: "insert", index, utterance, leftMs });
    return true;
  }
}
