const ENCODER = new TextEncoder();

/** A terminal, or a file in its place. */
interface Output {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** Shows what is going on in one line that is written over; where there is no terminal, only what stays. */
export class ProgressLine {
  readonly #output: Output;
  readonly #isTerminal: boolean;

  constructor(output: Output) {
    this.#output = output;
    this.#isTerminal = output.isTerminal();
  }

  /** Shows something until the next. */
  show(text: string): void {
    if (this.#isTerminal) this.#write(`\r\x1b[K${text}`);
  }

  /** Says something that stays. */
  say(text: string): void {
    this.clear();
    this.#write(`${text}\n`);
  }

  /** Leaves the line empty. */
  clear(): void {
    if (this.#isTerminal) this.#write("\r\x1b[K");
  }

  #write(text: string): void {
    this.#output.writeSync(ENCODER.encode(text));
  }
}
