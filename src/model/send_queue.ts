import type { ByteStream } from "./byte_stream.ts";

/** Room for some messages of 60 ms of speech. */
const FIRST_BYTES = 8 * 1024;
/** A larger buffer is not kept when it has served. */
const MOST_KEPT_BYTES = 64 * 1024;
const NONE = new Uint8Array(0);

/**
 * Bytes on their way into a stream, in order. What the stream takes at once
 * leaves at once; the rest is copied and waits, and what comes while a write is
 * under way goes with the next one: two buffers take turns. Any thread.
 */
export class SendQueue {
  readonly #stream: Pick<ByteStream, "write" | "writeNow">;
  readonly #failed: (error: unknown) => void;
  #filling: Uint8Array = NONE;
  #filled = 0;
  #leaving: Uint8Array = NONE;
  /** Bytes of the leaving buffer that are under way, and how many of them the stream has taken. */
  #writing = 0;
  #written = 0;
  // One function for all writes of the connection.
  readonly #advance = (count: number) => {
    this.#written += count;
    if (this.#written < this.#writing) return this.#write();
    this.#writing = 0;
    if (this.#filled > 0) this.#begin();
  };

  /** `failed` is told once when the stream takes no more. */
  constructor(
    stream: Pick<ByteStream, "write" | "writeNow">,
    failed: (error: unknown) => void,
  ) {
    this.#stream = stream;
    this.#failed = failed;
  }

  /** Bytes that the stream has not taken yet. */
  get waitingBytes(): number {
    return this.#filled + this.#writing - this.#written;
  }

  /** Sends the first `length` of `bytes`, which may be used again afterwards. */
  send(bytes: Uint8Array, length: number): void {
    const isFree = this.#writing === 0;
    const taken = isFree && this.#stream.writeNow !== undefined
      ? this.#stream.writeNow(bytes.subarray(0, length))
      : 0;
    if (taken === length) return;
    this.#keep(bytes.subarray(taken, length));
    if (isFree) this.#begin();
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#filling.length) {
      let length = Math.max(FIRST_BYTES, this.#filling.length * 2);
      while (length < needed) length *= 2;
      const larger = new Uint8Array(length);
      larger.set(this.#filling.subarray(0, this.#filled));
      this.#filling = larger;
    }
    this.#filling.set(bytes, this.#filled);
    this.#filled = needed;
  }

  #begin(): void {
    const bytes = this.#filling;
    this.#filling = this.#leaving.length > MOST_KEPT_BYTES
      ? NONE
      : this.#leaving;
    this.#leaving = bytes;
    this.#writing = this.#filled;
    this.#filled = this.#written = 0;
    this.#write();
  }

  #write(): void {
    const rest = this.#leaving.subarray(this.#written, this.#writing);
    this.#stream.write(rest).then(this.#advance, this.#failed);
  }
}
