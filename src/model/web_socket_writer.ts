import { base64LengthBytes, encodeBase64Masked } from "../audio/pcm_base64.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { SpeechEnvelope } from "./model_socket.ts";

/** Room for some messages of 40 ms of speech. */
const FIRST_BYTES = 8 * 1024;
/** A larger buffer is not kept when it has served. */
const MOST_KEPT_BYTES = 64 * 1024;
const LONGEST_HEAD_BYTES = 14;
const TEXT = 1;
const MASKS = new Uint32Array(256);
let masksUsed = MASKS.length;

const encoder = new TextEncoder();

/**
 * Writes frames of a client, masked (RFC 6455, section 5.3), in order. Frames
 * that come while a write is under way are gathered and go with the next one;
 * two buffers take turns, so that a frame makes no garbage. Any thread.
 */
export class WebSocketWriter {
  #target: Pick<ByteStream, "write">;
  #filling = new Uint8Array(FIRST_BYTES);
  #filled = 0;
  #idle = new Uint8Array(FIRST_BYTES);
  /** Bytes of the idle buffer that are under way, and how many of them the target has taken. */
  #writing = 0;
  #written = 0;
  #failed: (error: unknown) => void;
  // One function for all writes of the connection.
  readonly #advance = (count: number) => {
    this.#written += count;
    if (this.#written < this.#writing) return this.#write();
    this.#writing = 0;
    this.#flush();
  };

  /** `failed` is told once when the target takes no more. */
  constructor(
    target: Pick<ByteStream, "write">,
    failed: (error: unknown) => void,
  ) {
    this.#target = target;
    this.#failed = failed;
  }

  /** Bytes that the target has not taken yet. */
  get waitingBytes(): number {
    return this.#filled + this.#writing;
  }

  /** Sends a text frame. */
  sendText(text: string): void {
    // A UTF-16 unit takes three bytes of UTF-8 at the most.
    const most = text.length * 3;
    this.#makeRoom(LONGEST_HEAD_BYTES + most);
    const headBytes = headLength(text.length);
    const from = this.#filled + headBytes;
    const room = this.#filling.subarray(from, from + most);
    const { written } = encoder.encodeInto(text, room);
    if (headLength(written) === headBytes) {
      this.#frame(TEXT, written, headBytes);
    } else {
      // Not ASCII, and just so long that the head is longer than thought.
      this.#append(TEXT, encoder.encode(text));
    }
    this.#flush();
  }

  /** Sends a text frame of speech in its envelope; the base64 is written where it is sent from. */
  sendSpeech(samples: Int16Array, { before, after }: SpeechEnvelope): void {
    const speechBytes = base64LengthBytes(samples.length);
    const length = before.length + speechBytes + after.length;
    this.#makeRoom(LONGEST_HEAD_BYTES + length);
    const bytes = this.#filling;
    const key = nextMask();
    let at = this.#filled + headLength(length);
    writeHead(bytes, { at: this.#filled, opcode: TEXT, length, key });
    at = copyMasked(bytes, { at, text: before, key });
    const speechKey = turn(key, before.length);
    at += encodeBase64Masked(samples, bytes, at, speechKey);
    this.#filled = copyMasked(bytes, {
      at,
      text: after,
      key: turn(speechKey, speechBytes),
    });
    this.#flush();
  }

  /** Sends a control frame, whose payload has at most 125 bytes. */
  sendControl(opcode: 8 | 9 | 10, payload: Uint8Array): void {
    this.#append(opcode, payload);
    this.#flush();
  }

  #append(opcode: number, payload: Uint8Array): void {
    this.#makeRoom(LONGEST_HEAD_BYTES + payload.length);
    const headBytes = headLength(payload.length);
    this.#filling.set(payload, this.#filled + headBytes);
    this.#frame(opcode, payload.length, headBytes);
  }

  /** Puts a head before the payload that stands in its place already, and masks it. */
  #frame(opcode: number, length: number, headBytes: number): void {
    const bytes = this.#filling;
    const at = this.#filled;
    const key = nextMask();
    writeHead(bytes, { at, opcode, length, key });
    mask(bytes, { from: at + headBytes, length, key });
    this.#filled = at + headBytes + length;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#filled + bytes;
    if (needed <= this.#filling.length) return;
    let length = this.#filling.length * 2;
    while (length < needed) length *= 2;
    const larger = new Uint8Array(length);
    larger.set(this.#filling.subarray(0, this.#filled));
    this.#filling = larger;
  }

  #flush(): void {
    if (this.#writing > 0 || this.#filled === 0) return;
    const bytes = this.#filling;
    this.#writing = this.#filled;
    this.#filling = this.#idle.length > MOST_KEPT_BYTES
      ? new Uint8Array(FIRST_BYTES)
      : this.#idle;
    this.#filled = 0;
    this.#idle = bytes;
    this.#written = 0;
    this.#write();
  }

  #write(): void {
    const rest = this.#idle.subarray(this.#written, this.#writing);
    const taken = this.#target.write(rest);
    if (typeof taken === "number") this.#advance(taken);
    else taken.then(this.#advance, this.#failed);
  }
}

/** Bytes of a masked frame's head. */
function headLength(payloadBytes: number): number {
  return payloadBytes < 126 ? 6 : payloadBytes < 65_536 ? 8 : 14;
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  if (length < 126) {
    bytes[at] = 0x80 | length;
    return;
  }
  const size = length < 65_536 ? 2 : 8;
  bytes[at] = 0x80 | (size === 2 ? 126 : 127);
  let rest = length;
  for (let i = size; i > 0; i--) {
    bytes[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** Writes a head, with the mask's key at its end; bit `8 i` of the key begins the mask of byte `i`. */
function writeHead(
  bytes: Uint8Array,
  { at, opcode, length, key }: {
    at: number;
    opcode: number;
    length: number;
    key: number;
  },
): void {
  bytes[at] = 0x80 | opcode;
  writeLength(bytes, at + 1, length);
  const keyAt = at + headLength(length) - 4;
  for (let i = 0; i < 4; i++) bytes[keyAt + i] = key >>> 8 * i;
}

/** Masks a payload in place. */
function mask(
  bytes: Uint8Array,
  { from, length, key }: { from: number; length: number; key: number },
): void {
  for (let i = 0; i < length; i++) bytes[from + i] ^= key >>> 8 * (i & 3);
}

/** Writes a masked copy of a text; returns where it ends. */
function copyMasked(
  bytes: Uint8Array,
  { at, text, key }: { at: number; text: Uint8Array; key: number },
): number {
  for (let i = 0; i < text.length; i++) {
    bytes[at + i] = text[i] ^ key >>> 8 * (i & 3);
  }
  return at + text.length;
}

/** The key as the byte meets it that stands so many bytes on. */
function turn(key: number, bytes: number): number {
  const bits = 8 * (bytes & 3);
  return bits === 0 ? key : key >>> bits | key << 32 - bits;
}

/** A random number; drawn by the hundred, because each draw is a system call. */
function nextMask(): number {
  if (masksUsed === MASKS.length) {
    crypto.getRandomValues(MASKS);
    masksUsed = 0;
  }
  return MASKS[masksUsed++];
}
