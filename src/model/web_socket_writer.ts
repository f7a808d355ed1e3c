/** Room for some messages of 40 ms of speech. */
const FIRST_BYTES = 8 * 1024;
/** A larger buffer is not kept when it has served. */
const MOST_KEPT_BYTES = 64 * 1024;
const LONGEST_HEAD_BYTES = 14;
const MASKS = new Uint32Array(256);
let masksUsed = MASKS.length;

const encoder = new TextEncoder();

/** Where bytes go, a part of them at a time, as Deno.Conn takes them. */
export interface ByteTarget {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes frames of a client, masked (RFC 6455, section 5.3), in order. Frames
 * that come while a write is under way are gathered and go with the next one;
 * two buffers take turns, so that a frame makes no garbage. Any thread.
 */
export class WebSocketWriter {
  #target: ByteTarget;
  #filling = new Uint8Array(FIRST_BYTES);
  #filled = 0;
  #idle = new Uint8Array(FIRST_BYTES);
  #writing = 0;
  #failed: (error: unknown) => void;

  /** `failed` is told once when the target takes no more. */
  constructor(target: ByteTarget, failed: (error: unknown) => void) {
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
      this.#frame(1, written, headBytes);
    } else {
      // Not ASCII, and just so long that the head is longer than thought.
      this.#append(1, encoder.encode(text));
    }
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
    bytes[at] = 0x80 | opcode;
    writeLength(bytes, at + 1, length);
    mask(bytes, at + headBytes, length);
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
    this.#write(bytes, this.#writing).then(
      () => this.#flush(),
      (error) => this.#failed(error),
    );
  }

  async #write(bytes: Uint8Array, length: number): Promise<void> {
    let written = 0;
    while (written < length) {
      written += await this.#target.write(bytes.subarray(written, length));
    }
    this.#writing = 0;
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

/** Masks a payload in place and writes its mask before it. */
function mask(bytes: Uint8Array, from: number, length: number): void {
  const key = nextMask();
  const a = bytes[from - 4] = key & 255;
  const b = bytes[from - 3] = key >>> 8 & 255;
  const c = bytes[from - 2] = key >>> 16 & 255;
  const d = bytes[from - 1] = key >>> 24;
  const end = from + length;
  const whole = from + (length & ~3);
  let at = from;
  for (; at < whole; at += 4) {
    bytes[at] ^= a;
    bytes[at + 1] ^= b;
    bytes[at + 2] ^= c;
    bytes[at + 3] ^= d;
  }
  if (at < end) bytes[at++] ^= a;
  if (at < end) bytes[at++] ^= b;
  if (at < end) bytes[at] ^= c;
}

/** A random number; drawn by the hundred, because each draw is a system call. */
function nextMask(): number {
  if (masksUsed === MASKS.length) {
    crypto.getRandomValues(MASKS);
    masksUsed = 0;
  }
  return MASKS[masksUsed++];
}
