import { ProtocolError } from "../../errors.ts";

/** One frame of a client with its payload unmasked; the bytes stand until the next {@linkcode FrameReader.space}. */
export interface ClientFrame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Uint8Array;
}

const FIRST_CAPACITY_BYTES = 4096;
const SHARED_BYTES = 65_536;
const MASK = new Uint8Array(4);
const MASK_WORD = new Uint32Array(MASK.buffer);
const OPCODES: ReadonlySet<number> = new Set([0, 1, 2, 8, 9, 10]);

/** Bytes, and the same four by four. */
class Space {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;

  constructor(lengthBytes: number) {
    this.bytes = new Uint8Array(lengthBytes);
    this.words = new Uint32Array(this.bytes.buffer);
  }
}

/** Where readers read that leave nothing in it; with a thousand of them, each one's own would be cold. */
const SHARED = new Space(SHARED_BYTES);

/**
 * Cuts the byte stream of a client into frames (RFC 6455, section 5.2). Any
 * thread. Bytes are read straight into its buffer, which grows up to the
 * largest frame.
 */
export class FrameReader {
  readonly #maxPayloadBytes: number;
  #space: Space | undefined;
  #start = 0;
  #end = 0;

  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Where the next bytes go; never empty. Earlier payloads are void. */
  space(): Uint8Array {
    const space = this.#space ??= new Space(FIRST_CAPACITY_BYTES);
    if (this.#start === this.#end) {
      this.#start = this.#end = 0;
    } else if (this.#start > 0) {
      space.bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === space.bytes.length) this.#move(2 * this.#end);
    return this.#space.bytes.subarray(this.#end);
  }

  /** As {@linkcode space}, of memory that all readers share: {@linkcode keep} comes before another's. */
  sharedSpace(): Uint8Array {
    if (this.#start !== this.#end) return this.space();
    this.#start = this.#end = 0;
    this.#space = SHARED;
    return SHARED.bytes;
  }

  /** Moves what is left of a frame out of the memory that is shared. */
  keep(): void {
    if (this.#space !== SHARED) return;
    if (this.#start === this.#end) this.#space = undefined;
    else this.#move(Math.max(FIRST_CAPACITY_BYTES, this.#end - this.#start));
  }

  /** Says that `count` bytes were put into {@linkcode space}. */
  advance(count: number): void {
    this.#end += count;
  }

  /** The next whole frame; undefined when bytes are missing. Throws ProtocolError. */
  next(): ClientFrame | undefined {
    if (this.#space === undefined) return undefined;
    const { bytes } = this.#space;
    const at = this.#start;
    const available = this.#end - at;
    if (available < 2) return undefined;
    checkHead(bytes[at], bytes[at + 1]);
    const short = bytes[at + 1] & 0x7f;
    const maskAt = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (available < maskAt + 4) return undefined;
    const length = short < 126
      ? short
      : longLength(bytes.subarray(at + 2, at + maskAt));
    if (length > this.#maxPayloadBytes) {
      throw new ProtocolError(
        `Cannot read a frame: payload must be at most ${this.#maxPayloadBytes} bytes, got ${length}`,
      );
    }
    const from = at + maskAt + 4;
    if (this.#end < from + length) return undefined;
    unmask(this.#space, from, from + length);
    this.#start = from + length;
    return {
      opcode: bytes[at] & 0x0f,
      final: (bytes[at] & 0x80) !== 0,
      payload: bytes.subarray(from, from + length),
    };
  }

  /** Forgets what was read and not taken. */
  discard(): void {
    this.#start = this.#end;
  }

  #move(lengthBytes: number): void {
    const wholeWords = Math.ceil(lengthBytes / 4) * 4;
    const space = new Space(wholeWords);
    const left = this.#space!.bytes.subarray(this.#start, this.#end);
    space.bytes.set(left);
    this.#space = space;
    this.#start = 0;
    this.#end = left.length;
  }
}

function longLength(bytes: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < bytes.length; i++) length = length * 256 + bytes[i];
  return length;
}

/** By whole words of the space, in whose four places the mask stands turned. */
function unmask({ bytes, words }: Space, from: number, end: number): void {
  const maskAt = from - 4;
  const firstWord = Math.min(end, from + 3 & ~3);
  for (let at = from; at < firstWord; at++) {
    bytes[at] ^= bytes[maskAt + (at - from & 3)];
  }
  for (let i = 0; i < 4; i++) {
    MASK[i] = bytes[maskAt + (firstWord + i - from & 3)];
  }
  const mask = MASK_WORD[0];
  const lastWord = Math.max(firstWord, end & ~3);
  for (let i = firstWord >> 2; i < lastWord >> 2; i++) words[i] ^= mask;
  for (let at = lastWord; at < end; at++) bytes[at] ^= MASK[at & 3];
}

function checkHead(first: number, second: number): void {
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0 || !OPCODES.has(opcode)) {
    throw new ProtocolError(
      `Cannot read a frame: first byte must be of RFC 6455, got ${first}`,
    );
  }
  if ((second & 0x80) === 0) {
    throw new ProtocolError("Cannot read a frame: it must be masked");
  }
  if (opcode >= 8 && ((second & 0x7f) > 125 || (first & 0x80) === 0)) {
    throw new ProtocolError("Cannot read a frame: control frame too long");
  }
}
