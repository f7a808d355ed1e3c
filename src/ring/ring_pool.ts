import { allocateSlab, clearRings, type RingPlace } from "./layout.ts";

/**
 * Keeps the rings of ended calls for the next ones, so that opening a call
 * allocates nothing. Main thread.
 */
export class RingPool {
  /** By the rate of their audio. */
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

  /** Lends cleared rings for a call whose audio has this rate. Throws RangeError for one that is not carried. */
  take(rateHz: number): RingPlace {
    const free = this.#freeFor(rateHz);
    // The first of a slab is lent first, so that its memory is used from the begin.
    if (free.length === 0) free.push(...allocateSlab(rateHz).reverse());
    this.#lent++;
    return free.pop()!;
  }

  /** Takes rings back that no thread uses any more. */
  giveBack(place: RingPlace): void {
    this.#lent--;
    if (this.#condemned.has(place.slab)) return;
    clearRings(place);
    this.#freeFor(place.rateHz).push(place);
  }

  /** Forgets rings that a dead shard may still hold. */
  writeOff({ slab, rateHz }: RingPlace): void {
    this.#lent--;
    if (this.#condemned.has(slab)) return;
    this.#condemned.add(slab);
    const left = this.#freeFor(rateHz).filter((each) => each.slab !== slab);
    this.#free.set(rateHz, left);
  }

  #freeFor(rateHz: number): RingPlace[] {
    const free = this.#free.get(rateHz) ?? [];
    this.#free.set(rateHz, free);
    return free;
  }
}
