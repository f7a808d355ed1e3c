const LONGEST_TEXT = 65536;

/** The words of one response as they arrive in pieces, at most 65,536 characters. Worker thread. */
export class SpokenText {
  #parts = "";
  #part = "";

  /** All of it so far. */
  get text(): string {
    return this.#parts + this.#part;
  }

  /** Adds a piece of the part that is running. */
  append(piece: string): void {
    const room = LONGEST_TEXT - this.#parts.length - this.#part.length;
    this.#part += piece.length <= room ? piece : piece.slice(0, room);
  }

  /** Ends the running part; `whole`, when there is one, replaces its pieces. */
  finish(whole: string | undefined): void {
    const part = whole === undefined || whole === "" ? this.#part : whole;
    this.#parts = (this.#parts + part).slice(0, LONGEST_TEXT);
    this.#part = "";
  }
}
