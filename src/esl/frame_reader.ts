import { ProtocolError } from "../errors.ts";

/** The largest header block in bytes; a connect reply with few variables has 6 to 8 kB. */
export const MAX_HEAD_BYTES = 256 * 1024;

/** The largest body in bytes; an event has about 8 kB. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * One message of the event socket: a header block that ends in an empty line
 * and, where its Content-Length says so, a body. The bytes are the reader's and
 * hold until it is used again.
 */
export interface EslFrame {
  /** With the empty line. */
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * Cuts a stream of bytes into frames, whatever the chunks are. Main thread.
 * After a ProtocolError the stream cannot be read any further.
 */
export class FrameReader {
  #buffer = new Uint8Array(INITIAL_BYTES);
  #start = 0;
  #end = 0;
  /** Where to go on looking for the end of the head, so that no byte is looked at twice. */
  #scanned = 0;
  /** Length of the head that stands at `#start`, 0 while it is not whole. */
  #headBytes = 0;
  #bodyBytes = 0;

  /** Bytes of a frame that is not whole yet. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Takes the next bytes, which are copied; call {@linkcode next} until it has no more. */
  push(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next whole frame, or undefined; throws ProtocolError for one that is too large or has no sense. */
  next(): EslFrame | undefined {
    if (this.#headBytes === 0 && !this.#findHead()) return undefined;
    const length = this.#headBytes + this.#bodyBytes;
    if (this.pendingBytes < length) return undefined;
    const bodyStart = this.#start + this.#headBytes;
    const frame = {
      head: this.#buffer.subarray(this.#start, bodyStart),
      body: this.#buffer.subarray(bodyStart, this.#start + length),
    };
    this.#start += length;
    this.#scanned = this.#start;
    this.#headBytes = this.#bodyBytes = 0;
    return frame;
  }

  #findHead(): boolean {
    if (this.pendingBytes === 0) {
      this.#shrink();
      return false;
    }
    const end = this.#indexOfHeadEnd();
    const length = (end === -1 ? this.#end : end) - this.#start;
    if (length > MAX_HEAD_BYTES) {
      throw new ProtocolError(
        `Cannot read a header block: it must have at most ${MAX_HEAD_BYTES} bytes`,
      );
    }
    if (end === -1) return false;
    this.#headBytes = length;
    this.#bodyBytes = contentLength(this.#buffer.subarray(this.#start, end));
    return true;
  }

  #indexOfHeadEnd(): number {
    const received = this.#buffer.subarray(0, this.#end);
    for (;;) {
      const at = received.indexOf(LF, this.#scanned);
      if (at === -1) {
        this.#scanned = this.#end;
        return -1;
      }
      if (at + 1 === this.#end) {
        this.#scanned = at;
        return -1;
      }
      if (received[at + 1] === LF) return at + 2;
      this.#scanned = at + 1;
    }
  }

  /** Begins again; a buffer that one large frame made grow is not kept for the whole call. */
  #shrink(): void {
    if (this.#buffer.length > INITIAL_BYTES) {
      this.#buffer = new Uint8Array(INITIAL_BYTES);
    }
    this.#start = this.#end = this.#scanned = 0;
  }

  #makeRoom(bytes: number): void {
    const pending = this.pendingBytes;
    if (pending === 0) this.#shrink();
    if (this.#end + bytes <= this.#buffer.length) return;
    const needed = pending + bytes;
    const target = needed <= this.#buffer.length / 2
      ? this.#buffer
      : new Uint8Array(Math.max(needed, this.#buffer.length) * 2);
    target.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = target;
    this.#scanned -= this.#start;
    this.#start = 0;
    this.#end = pending;
  }
}

const INITIAL_BYTES = 2 * 1024;
const LF = 0x0a;
const ascii = new TextDecoder("latin1");

/** The body's length from a header block, 0 when it does not say; throws ProtocolError for nonsense. */
function contentLength(head: Uint8Array): number {
  const lines = ascii.decode(head).split("\n").filter((line) =>
    /^content-length\b/i.test(line)
  );
  if (lines.length === 0) return 0;
  const digits = /^Content-Length: (\d{1,7})$/.exec(lines[0])?.[1];
  const bytes = Number(digits);
  // Two of them, or another spelling, would be read in two ways by two readers.
  if (lines.length > 1 || digits === undefined || bytes > MAX_BODY_BYTES) {
    throw new ProtocolError(
      `Cannot read a frame: Content-Length must be one number up to ${MAX_BODY_BYTES}, got ${
        JSON.stringify(lines.slice(0, 3).map((line) => line.slice(0, 80)))
      }`,
    );
  }
  return bytes;
}
