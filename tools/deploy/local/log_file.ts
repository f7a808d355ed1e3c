/** A log longer than this becomes `….1`, and the one of that name goes. */
const MOST_BYTES = 20_000_000;

/** Appends what a process writes to a file that does not grow without bound. Close it when nothing is taken any more. */
export class LogFile {
  readonly #path: string;
  readonly #mostBytes: number;
  #file: Deno.FsFile;
  #bytes: number;

  /** Opens the file, which is made unless it exists. */
  constructor(path: string, mostBytes = MOST_BYTES) {
    this.#path = path;
    this.#mostBytes = mostBytes;
    this.#file = open(path);
    this.#bytes = this.#file.statSync().size;
  }

  /** Writes all of a stream. */
  async take(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream) this.#write(chunk);
  }

  /** Writes a line of ours. */
  note(text: string): void {
    const line = `${new Date().toISOString()} supervisor: ${text}\n`;
    this.#write(new TextEncoder().encode(line));
  }

  close(): void {
    this.#file.close();
  }

  #write(bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > this.#mostBytes) this.#rotate();
    this.#bytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
  }

  #rotate(): void {
    this.#file.close();
    Deno.renameSync(this.#path, `${this.#path}.1`);
    this.#file = open(this.#path);
    this.#bytes = 0;
  }
}

function open(path: string): Deno.FsFile {
  return Deno.openSync(path, { append: true, create: true, mode: 0o600 });
}
