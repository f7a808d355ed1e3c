/** Lines that may wait for a slow reader of our output. */
const MOST_WAITING = 10_000;

/** A reader that stands still must not keep a process that has ended. */
const FLUSH_MS = 2000;

/** Takes bytes, a part of them at a time, as Deno.stdout does. */
export interface LineTarget {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes lines in order without ever making the caller wait: when nobody reads
 * the output, lines beyond a bound are dropped and counted. Main thread.
 */
export class LineSink {
  #target: LineTarget;
  #waiting: string[] = [];
  #writing = false;
  #dropped = 0;
  #encoder = new TextEncoder();

  constructor(target: LineTarget) {
    this.#target = target;
  }

  /** Takes one line without its break. */
  write(line: string): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(line);
    if (!this.#writing) this.#drained = this.#drain();
  }

  #drained: Promise<void> = Promise.resolve();

  /** Resolves when all lines so far are written, or after `withinMs` when nobody takes them. */
  async flush(withinMs = FLUSH_MS): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, withinMs);
    await Promise.race([this.#drained, late.promise]);
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      const dropped = this.#dropped;
      this.#waiting = [];
      this.#dropped = 0;
      try {
        await this.#writeLines(lines, dropped);
      } catch {
        // Nobody reads us any more; the calls go on all the same.
        this.#dropped += dropped + lines.length;
        break;
      }
    }
    this.#writing = false;
  }

  async #writeLines(lines: string[], dropped: number): Promise<void> {
    const told = dropped === 0 ? lines : [...lines, lossOf(dropped)];
    const text = told.join("\n") + "\n";
    await writeAll(this.#target, this.#encoder.encode(text));
  }
}

function lossOf(lines: number): string {
  const message = "Log lines were dropped";
  return JSON.stringify({ level: "warn", message, lines });
}

async function writeAll(target: LineTarget, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const count = await target.write(bytes.subarray(written));
    // Trying again at once, for ever, would stop everything else.
    if (count === 0) throw new Error("Cannot write: the target takes nothing");
    written += count;
  }
}
