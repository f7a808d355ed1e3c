import { allocateRings, clearRings, ringBytes } from "./layout.ts";

/**
 * Keeps the shared memory of ended calls for the next ones, so that opening a
 * call allocates nothing large. Main thread.
 */
export class RingPool {
  /** By size. */
  #free = new Map<number, SharedArrayBuffer[]>();
  #lent = 0;

  /** Memory that calls hold now. */
  get lent(): number {
    return this.#lent;
  }

  /** Memory that waits for a call. */
  get free(): number {
    let free = 0;
    for (const buffers of this.#free.values()) free += buffers.length;
    return free;
  }

  /** Lends cleared memory for a call with frames of up to so many bytes. */
  take(frameBytes: number): SharedArrayBuffer {
    const lent = this.#free.get(ringBytes(frameBytes))?.pop() ??
      allocateRings(frameBytes);
    this.#lent++;
    return lent;
  }

  /** Takes memory back that no thread uses any more. */
  giveBack(buffer: SharedArrayBuffer): void {
    clearRings(buffer);
    this.#lent--;
    const free = this.#free.get(buffer.byteLength);
    if (free === undefined) this.#free.set(buffer.byteLength, [buffer]);
    else free.push(buffer);
  }

  /** Forgets memory that a dead shard may still hold. */
  writeOff(): void {
    this.#lent--;
  }
}
