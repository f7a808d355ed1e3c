import { ProtocolError } from "../errors.ts";

/** A frame of the server; the payload stands until the next {@linkcode WebSocketReader.space}. */
export interface ServerFrame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Uint8Array;
}

const FIRST_BYTES = 16 * 1024;
const CONTROL = 8;
const MOST_CONTROL_BYTES = 125;
const KNOWN_OPCODES: ReadonlySet<number> = new Set([0, 1, 2, 8, 9, 10]);

/**
 * Cuts the bytes of a server into frames (RFC 6455, section 5.2), whatever the
 * chunks are. Any thread. Bytes are read straight into its buffer, which grows
 * for a long frame and is small again afterwards.
 */
export class WebSocketReader {
  #buffer = new Uint8Array(FIRST_BYTES);
  #start = 0;
  #end = 0;
  #mostBytes: number;

  /** `mostBytes` is the longest payload. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Where the next bytes go; never empty. Payloads that were given are void from then on. */
  space(): Uint8Array {
    const pending = this.#end - this.#start;
    if (pending === 0 && this.#buffer.length > FIRST_BYTES) {
      this.#buffer = new Uint8Array(FIRST_BYTES);
    } else if (pending > 0 && this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = pending;
    if (pending === this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#end);
  }

  /** Says that so many bytes were put into {@linkcode space}. */
  advance(count: number): void {
    this.#end += count;
  }

  /** The next whole frame; undefined while bytes are missing. Throws ProtocolError for one that cannot be. */
  next(): ServerFrame | undefined {
    const bytes = this.#buffer;
    const at = this.#start;
    if (this.#end - at < 2) return undefined;
    checkHead(bytes[at], bytes[at + 1]);
    const short = bytes[at + 1];
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const from = at + 2 + lengthBytes;
    if (this.#end < from) return undefined;
    const length = lengthBytes === 0 ? short : readLength(bytes, at + 2, from);
    if (length > this.#mostBytes) {
      throw new ProtocolError(
        `Cannot read a frame: it must have at most ${this.#mostBytes} bytes, got ${length}`,
      );
    }
    if (this.#end < from + length) return undefined;
    this.#start = from + length;
    return {
      opcode: bytes[at] & 0x0f,
      final: (bytes[at] & 0x80) !== 0,
      payload: bytes.subarray(from, from + length),
    };
  }
}

function readLength(bytes: Uint8Array, from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to; i++) length = length * 256 + bytes[i];
  return length;
}

function checkHead(first: number, second: number): void {
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0 || !KNOWN_OPCODES.has(opcode)) {
    throw new ProtocolError(
      `Cannot read a frame: its first byte must be one of RFC 6455, got ${first}`,
    );
  }
  if ((second & 0x80) !== 0) {
    throw new ProtocolError("Cannot read a frame: a server must not mask it");
  }
  if (opcode < CONTROL) return;
  if (second > MOST_CONTROL_BYTES || (first & 0x80) === 0) {
    throw new ProtocolError(
      "Cannot read a frame: a control frame must be short and whole",
    );
  }
}
