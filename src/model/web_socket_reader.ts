import { ProtocolError } from "../errors.ts";

/** A frame of the server; the payload stands until the bytes that it came with do, or others are added. */
export interface ServerFrame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Uint8Array;
}

const FIRST_BYTES = 16 * 1024;
const NONE = new Uint8Array(0);
const CONTROL = 8;
const MOST_CONTROL_BYTES = 125;
const KNOWN_OPCODES: ReadonlySet<number> = new Set([0, 1, 2, 8, 9, 10]);

/**
 * Cuts the bytes of a server into frames (RFC 6455, section 5.2), whatever the
 * chunks are. Any thread. Frames are read where they came; only what a chunk
 * leaves unfinished is copied, to a buffer that grows for a long frame and is
 * let go afterwards.
 */
export class WebSocketReader {
  #bytes: Uint8Array = NONE;
  #start = 0;
  #end = 0;
  /** Where unfinished frames are put together. */
  #own: Uint8Array = NONE;
  #mostBytes: number;

  /** `mostBytes` is the longest payload. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Adds bytes that came, to be asked for all their frames by {@linkcode next} while they stand. */
  add(chunk: Uint8Array): void {
    const pending = this.#end - this.#start;
    if (pending > 0) return this.#append(chunk, pending);
    this.#bytes = chunk;
    this.#start = 0;
    this.#end = chunk.length;
  }

  /** The next whole frame; undefined while bytes are missing. Throws ProtocolError for one that cannot be. */
  next(): ServerFrame | undefined {
    const frame = this.#cut();
    if (frame === undefined) this.#keepRest();
    return frame;
  }

  #cut(): ServerFrame | undefined {
    const bytes = this.#bytes;
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

  /** What is unfinished does not stand in the chunk for long. */
  #keepRest(): void {
    const pending = this.#end - this.#start;
    if (pending === 0) {
      if (this.#own.length > FIRST_BYTES) this.#own = NONE;
      this.#bytes = NONE;
      this.#start = this.#end = 0;
    } else if (this.#bytes !== this.#own) {
      const rest = this.#bytes.subarray(this.#start, this.#end);
      this.#makeRoom(pending);
      this.#own.set(rest);
      this.#take(pending);
    }
  }

  #append(chunk: Uint8Array, pending: number): void {
    this.#own.copyWithin(0, this.#start, this.#end);
    this.#makeRoom(pending + chunk.length, pending);
    this.#own.set(chunk, pending);
    this.#take(pending + chunk.length);
  }

  #take(length: number): void {
    this.#bytes = this.#own;
    this.#start = 0;
    this.#end = length;
  }

  #makeRoom(bytes: number, kept = 0): void {
    if (bytes <= this.#own.length) return;
    let length = Math.max(FIRST_BYTES, this.#own.length);
    while (length < bytes) length *= 2;
    const larger = new Uint8Array(length);
    larger.set(this.#own.subarray(0, kept));
    this.#own = larger;
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
