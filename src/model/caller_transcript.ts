const LONGEST_TEXT = 16384;
const MOST_REMEMBERED = 16;

/** The transcription of an utterance that is not complete. */
interface PartialUtterance {
  readonly itemId: string | undefined;
  readonly text: string;
  /** How many times the caller had stopped speaking when it came. */
  readonly turn: number;
  /** The turn that was over when it began to come; undefined when none was, or the caller spoke. */
  readonly began?: number;
}

/** A transcription event. */
export interface TranscriptionEvent {
  readonly itemId?: string;
  readonly text?: string;
}

/**
 * Makes one text an utterance of transcription events that arrive at any time,
 * carry all of the text so far, and sometimes have no item or no end, and tells
 * how many turns ago it was said. Worker thread. Reports what is personal data.
 */
export class CallerTranscript {
  readonly #said: (text: string, turnsAgo?: number) => void;
  readonly #reported: string[] = [];
  #partial: PartialUtterance | undefined;
  /** The turns of the newest items. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #speaking = false;

  constructor(said: (text: string, turnsAgo?: number) => void) {
    this.#said = said;
  }

  /** The caller began to speak. */
  speechStarted(itemId?: string): void {
    this.#speaking = true;
    this.#name(itemId, this.#turn + 1);
  }

  /** The caller stopped speaking: what has no item belongs to a new utterance from now on. */
  speechStopped(itemId?: string): void {
    this.#speaking = false;
    this.#turn++;
    this.#name(itemId, this.#turn);
  }

  /** The utterance that is over has its item now. */
  committed(itemId?: string): void {
    this.#name(itemId, this.#turn);
  }

  /** Text so far; it replaces what came before of the same utterance. */
  partial({ itemId, text }: TranscriptionEvent): void {
    if (itemId !== undefined && this.#reported.includes(itemId)) return;
    if (text === undefined) return;
    if (this.#partial !== undefined && !this.#continues(itemId)) this.flush();
    const isAfterTurn = !this.#speaking && this.#turn > 0;
    const now = isAfterTurn ? this.#turn : undefined;
    this.#partial = {
      itemId: itemId ?? this.#partial?.itemId,
      text: text.slice(0, LONGEST_TEXT),
      turn: this.#turn,
      began: this.#partial === undefined ? now : this.#partial.began,
    };
  }

  /** The utterance is complete. */
  completed({ itemId, text }: TranscriptionEvent): void {
    if (itemId !== undefined && this.#reported.includes(itemId)) return;
    const partial = this.#partial;
    const same = partial !== undefined && (partial.itemId === itemId ||
      partial.itemId === undefined || itemId === undefined);
    if (!same) this.flush();
    this.#partial = undefined;
    this.#report({
      itemId: itemId ?? partial?.itemId,
      text: (text || (same ? partial.text : "")).slice(0, LONGEST_TEXT),
      began: same ? partial.began : undefined,
    });
  }

  /** Reports an utterance of which the end will not come. */
  flush(): void {
    const partial = this.#partial;
    this.#partial = undefined;
    if (partial !== undefined) this.#report(partial);
  }

  #continues(itemId: string | undefined): boolean {
    const partial = this.#partial!;
    if (itemId !== undefined && partial.itemId !== undefined) {
      return itemId === partial.itemId;
    }
    return partial.turn === this.#turn;
  }

  /** The first event that names an item is nearest to when it was said. */
  #name(itemId: string | undefined, turn: number): void {
    if (itemId === undefined || this.#turns.has(itemId)) return;
    this.#turns.set(itemId, turn);
    if (this.#turns.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#turns.keys();
    this.#turns.delete(oldest);
  }

  #report({ itemId, text, began }: Omit<PartialUtterance, "turn">): void {
    if (itemId !== undefined) {
      if (this.#reported.push(itemId) > MOST_REMEMBERED) this.#reported.shift();
    }
    if (text.trim() === "") return;
    const turn = this.#turns.get(itemId ?? "") ?? began;
    this.#said(text, turn === undefined ? undefined : this.#turn - turn);
  }
}
