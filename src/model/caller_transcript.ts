const LONGEST_TEXT = 16384;
const MOST_REMEMBERED = 16;

/** The transcription of an utterance that is not complete. */
interface PartialUtterance {
  readonly itemId: string | undefined;
  readonly text: string;
  /** How many times the caller had stopped speaking when it came. */
  readonly turn: number;
}

/** A transcription event. */
export interface TranscriptionEvent {
  readonly itemId?: string;
  readonly text?: string;
}

/**
 * Makes one text an utterance of transcription events that arrive at any time,
 * carry all of the text so far, and sometimes have no item or no end. Worker
 * thread. Reports what is personal data.
 */
export class CallerTranscript {
  readonly #said: (text: string) => void;
  readonly #reported: string[] = [];
  #partial: PartialUtterance | undefined;
  #turn = 0;

  constructor(said: (text: string) => void) {
    this.#said = said;
  }

  /** The caller stopped speaking: what has no item belongs to a new utterance from now on. */
  speechStopped(): void {
    this.#turn++;
  }

  /** Text so far; it replaces what came before of the same utterance. */
  partial({ itemId, text }: TranscriptionEvent): void {
    if (itemId !== undefined && this.#reported.includes(itemId)) return;
    if (text === undefined) return;
    if (this.#partial !== undefined && !this.#continues(itemId)) this.flush();
    this.#partial = {
      itemId: itemId ?? this.#partial?.itemId,
      text: text.slice(0, LONGEST_TEXT),
      turn: this.#turn,
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
    const whole = text || (same ? partial.text : "");
    this.#report(itemId ?? partial?.itemId, whole.slice(0, LONGEST_TEXT));
  }

  /** Reports an utterance of which the end will not come. */
  flush(): void {
    const partial = this.#partial;
    this.#partial = undefined;
    if (partial !== undefined) this.#report(partial.itemId, partial.text);
  }

  #continues(itemId: string | undefined): boolean {
    const partial = this.#partial!;
    if (itemId !== undefined && partial.itemId !== undefined) {
      return itemId === partial.itemId;
    }
    return partial.turn === this.#turn;
  }

  #report(itemId: string | undefined, text: string): void {
    if (itemId !== undefined) {
      if (this.#reported.push(itemId) > MOST_REMEMBERED) this.#reported.shift();
    }
    if (text.trim() !== "") this.#said(text);
  }
}
