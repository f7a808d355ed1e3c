import { ProtocolError } from "../../errors.ts";

/** One command of an application: its first line and the headers behind it. */
export interface Command {
  readonly line: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

const MOST_BYTES = 65_536;

/**
 * Cuts what an application writes into commands: lines up to an empty one, and
 * a body where Content-Length says so. Each character is one byte. One thread.
 */
export class CommandReader {
  #pending = "";

  /** Adds a chunk and returns the commands that it completed; throws ProtocolError for one without end. */
  push(chunk: string): Command[] {
    this.#pending += chunk;
    const commands: Command[] = [];
    for (;;) {
      const command = this.#next();
      if (command === undefined) break;
      if (command.line !== "") commands.push(command);
    }
    if (this.#pending.length > MOST_BYTES) {
      throw new ProtocolError(
        `Cannot read a command: it must end within ${MOST_BYTES} bytes`,
      );
    }
    return commands;
  }

  #next(): Command | undefined {
    // Empty lines in front of a command mean nothing.
    const start = this.#pending.search(/[^\r\n]/);
    if (start > 0) this.#pending = this.#pending.slice(start);
    const end = /\r?\n\r?\n/.exec(this.#pending);
    if (start < 0 || end === null) return undefined;
    const [line, ...rest] = this.#pending.slice(0, end.index).split(/\r?\n/);
    const headers = parseHeaders(rest);
    const bodyBytes = Number(headers.get("content-length") ?? "0");
    const total = end.index + end[0].length +
      (Number.isSafeInteger(bodyBytes) && bodyBytes > 0 ? bodyBytes : 0);
    if (total > MOST_BYTES) {
      throw new ProtocolError(
        `Cannot read a command: it must have at most ${MOST_BYTES} bytes, got ${total}`,
      );
    }
    if (this.#pending.length < total) return undefined;
    this.#pending = this.#pending.slice(total);
    return { line, headers };
  }
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    headers.set(
      line.slice(0, colon).trim().toLowerCase(),
      line.slice(colon + 1).trim(),
    );
  }
  return headers;
}
