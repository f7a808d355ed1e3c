import { OverloadError } from "../../errors.ts";
import { concatenate } from "./concatenate.ts";

const CAPACITY_BYTES = 16_384;
const MOST_FREE = 64;
/** Buffers that no queue has. The last one back is the first one out, because it is in the processor's cache. */
const FREE: Uint8Array<ArrayBuffer>[] = [];
const NOTHING = new Uint8Array(0);
const NO_PARTS: readonly Uint8Array[] = [];
const ENCODER = new TextEncoder();

/**
 * Frames of a server that wait to be written (RFC 6455, section 5.2), one
 * behind the other in one buffer, so that a burst is one write. Any thread.
 */
export class FrameQueue {
  readonly #maxBytes: number;
  #filling = NOTHING;
  #writing = NOTHING;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#length === 0;
  }

  /** Adds a text message, which may go on with parts that are encoded already. Throws OverloadError when too much waits. */
  addText(text: string, parts: readonly Uint8Array[] = NO_PARTS): void {
    let partsBytes = 0;
    for (const part of parts) partsBytes += part.length;
    // A text in this range has a four-byte head however its characters encode.
    const most = text.length * 3 + partsBytes;
    if (text.length + partsBytes < 126 || most > 0xffff) {
      return this.add(1, concatenate([ENCODER.encode(text), ...parts]));
    }
    this.#reserve(most + 4);
    const bytes = this.#filling, head = this.#length;
    let end = head + 4;
    end += ENCODER.encodeInto(text, bytes.subarray(end)).written;
    for (const part of parts) {
      bytes.set(part, end);
      end += part.length;
    }
    const length = end - head - 4;
    bytes[head] = 0x81;
    bytes[head + 1] = 126;
    bytes[head + 2] = length >> 8;
    bytes[head + 3] = length & 0xff;
    this.#length = end;
  }

  /** Adds one frame. Throws OverloadError when too much waits. */
  add(opcode: number, payload: Uint8Array): void {
    this.#reserve(payload.length + 10);
    const view = new DataView(this.#filling.buffer, this.#length);
    view.setUint8(0, 0x80 | opcode);
    let headBytes = 2;
    if (payload.length < 126) {
      view.setUint8(1, payload.length);
    } else if (payload.length <= 0xffff) {
      view.setUint8(1, 126);
      view.setUint16(2, payload.length);
      headBytes = 4;
    } else {
      view.setUint8(1, 127);
      view.setBigUint64(2, BigInt(payload.length));
      headBytes = 10;
    }
    this.#filling.set(payload, this.#length + headBytes);
    this.#length += headBytes + payload.length;
  }

  /** Takes everything that waits; the bytes stand until {@linkcode release}, or the next take. */
  take(): Uint8Array {
    this.release();
    this.#writing = this.#filling;
    this.#filling = NOTHING;
    const length = this.#length;
    this.#length = 0;
    return this.#writing.subarray(0, length);
  }

  /** Says that what was taken is needed no more. */
  release(): void {
    const isCommon = this.#writing.length === CAPACITY_BYTES;
    if (isCommon && FREE.length < MOST_FREE) FREE.push(this.#writing);
    this.#writing = NOTHING;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#filling.length) return;
    if (this.#length === 0 && needed <= CAPACITY_BYTES) {
      this.#filling = FREE.pop() ?? new Uint8Array(CAPACITY_BYTES);
      return;
    }
    if (needed > this.#maxBytes) {
      throw new OverloadError(
        `Cannot queue a frame: waiting bytes must be at most ${this.#maxBytes}, got ${needed}`,
      );
    }
    const larger = new Uint8Array(Math.max(needed, this.#filling.length * 2));
    larger.set(this.#filling.subarray(0, this.#length));
    this.#filling = larger;
  }
}
