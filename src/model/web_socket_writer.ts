import { base64LengthBytes, encodeBase64Masked } from "../audio/pcm_base64.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { SpeechEnvelope } from "./model_socket.ts";
import { SendQueue } from "./send_queue.ts";

/** Room for a second of speech. */
const STAGE_BYTES = 64 * 1024;
const LONGEST_HEAD_BYTES = 14;
const TEXT = 1;
const MASKS = new Uint32Array(256);
let masksUsed = MASKS.length;

const encoder = new TextEncoder();
/** Where a frame is put together; shared by all connections of the thread, since it leaves or is copied at once. */
const stage = new Uint8Array(STAGE_BYTES);

/**
 * Writes frames of a client, masked (RFC 6455, section 5.3), in order. Any
 * thread. A frame makes no garbage, and touches no memory of its connection
 * while the system takes it at once.
 */
export class WebSocketWriter {
  readonly #queue: SendQueue;

  /** `failed` is told once when the stream takes no more. */
  constructor(
    stream: Pick<ByteStream, "write" | "writeNow">,
    failed: (error: unknown) => void,
  ) {
    this.#queue = new SendQueue(stream, failed);
  }

  /** Bytes that the stream has not taken yet. */
  get waitingBytes(): number {
    return this.#queue.waitingBytes;
  }

  /** Sends a text frame. */
  sendText(text: string): void {
    // A UTF-16 unit takes three bytes of UTF-8 at the most.
    const bytes = stageFor(text.length * 3);
    const headBytes = headLength(text.length);
    const { written } = encoder.encodeInto(text, bytes.subarray(headBytes));
    if (headLength(written) === headBytes) {
      this.#queue.send(bytes, frame(bytes, TEXT, written));
    } else {
      // Not ASCII, and just so long that the head is longer than thought.
      this.#copy(TEXT, encoder.encode(text));
    }
  }

  /** Sends a text frame of speech in its envelope; the base64 is written where it is sent from. */
  sendSpeech(samples: Int16Array, { before, after }: SpeechEnvelope): void {
    const speechBytes = base64LengthBytes(samples.length);
    const length = before.length + speechBytes + after.length;
    const bytes = stageFor(length);
    const key = nextMask();
    let at = writeHead(bytes, { opcode: TEXT, length, key });
    at = copyMasked(bytes, { at, text: before, key });
    const speechKey = turn(key, before.length);
    at += encodeBase64Masked(samples, bytes, at, speechKey);
    const afterKey = turn(speechKey, speechBytes);
    at = copyMasked(bytes, { at, text: after, key: afterKey });
    this.#queue.send(bytes, at);
  }

  /** Sends a control frame, whose payload has at most 125 bytes. */
  sendControl(opcode: 8 | 9 | 10, payload: Uint8Array): void {
    this.#copy(opcode, payload);
  }

  #copy(opcode: number, payload: Uint8Array): void {
    const bytes = stageFor(payload.length);
    bytes.set(payload, headLength(payload.length));
    this.#queue.send(bytes, frame(bytes, opcode, payload.length));
  }
}

/** Room for a frame with so long a payload. */
function stageFor(payloadBytes: number): Uint8Array {
  const bytes = LONGEST_HEAD_BYTES + payloadBytes;
  return bytes <= stage.length ? stage : new Uint8Array(bytes);
}

/** Puts a head before the payload that stands in its place already, and masks it; returns where the frame ends. */
function frame(bytes: Uint8Array, opcode: number, length: number): number {
  const key = nextMask();
  const from = writeHead(bytes, { opcode, length, key });
  for (let i = 0; i < length; i++) bytes[from + i] ^= key >>> 8 * (i & 3);
  return from + length;
}

/** Bytes of a masked frame's head. */
function headLength(payloadBytes: number): number {
  return payloadBytes < 126 ? 6 : payloadBytes < 65_536 ? 8 : 14;
}

/** Writes a head, the key of the mask at its end, lowest byte first; returns where the payload begins. */
function writeHead(
  bytes: Uint8Array,
  { opcode, length, key }: { opcode: number; length: number; key: number },
): number {
  bytes[0] = 0x80 | opcode;
  writeLength(bytes, length);
  const end = headLength(length);
  for (let i = 0; i < 4; i++) bytes[end - 4 + i] = key >>> 8 * i;
  return end;
}

function writeLength(bytes: Uint8Array, length: number): void {
  if (length < 126) {
    bytes[1] = 0x80 | length;
    return;
  }
  const size = length < 65_536 ? 2 : 8;
  bytes[1] = 0x80 | (size === 2 ? 126 : 127);
  let rest = length;
  for (let i = size; i > 0; i--) {
    bytes[1 + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
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
