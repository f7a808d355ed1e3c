import {
  allocateSlab,
  clearRings,
  type RingPlace,
  widestFrame,
} from "./layout.ts";

/**
 * Keeps the rings of ended calls for the next ones, so that opening a call
 * allocates nothing. Main thread.
 */
export class RingPool {
  /** By the longest frame. */
  #free = new Map<number, RingPlace[]>();
  #lent = 0;
  /** Slabs of which a dead thread may still hold a part: what is lent of them is not lent again, so that their memory goes with the calls in it. */
  #condemned = new Set<number>();

  /** Rings that calls hold now. */
  get lent(): number {
    return this.#lent;
  }

  /** Rings that wait for a call. */
  get free(): number {
    let free = 0;
    for (const places of this.#free.values()) free += places.length;
    return free;
  }

  /** Lends cleared rings for a call with frames of up to so many bytes. */
  take(frameBytes: number): RingPlace {
    const free = this.#freeFor(widestFrame(frameBytes));
    // The first of a slab is lent first, so that its memory is used from the begin.
    if (free.length === 0) free.push(...allocateSlab(frameBytes).reverse());
    this.#lent++;
    return free.pop()!;
  }

  /** Takes rings back that no thread uses any more. */
  giveBack(place: RingPlace): void {
    this.#lent--;
    if (this.#condemned.has(place.slab)) return;
    clearRings(place);
    this.#freeFor(place.frameBytes).push(place);
  }

  /** Forgets rings that a dead shard may still hold. */
  writeOff({ slab, frameBytes }: RingPlace): void {
    this.#lent--;
    if (this.#condemned.has(slab)) return;
    this.#condemned.add(slab);
    const left = this.#freeFor(frameBytes).filter((each) => each.slab !== slab);
    this.#free.set(frameBytes, left);
  }

  #freeFor(frameBytes: number): RingPlace[] {
    const free = this.#free.get(frameBytes) ?? [];
    this.#free.set(frameBytes, free);
    return free;
  }
}
