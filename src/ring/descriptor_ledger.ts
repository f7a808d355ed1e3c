/** More connections than one shard has, two to a call while it changes its model. */
const SLOTS = 4096;
const FREE = 0;

/** Allocates the shared memory of one ledger. */
export function allocateDescriptorLedger(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * SLOTS);
}

/**
 * The descriptors that a thread has opened by system calls of its own, left
 * where another thread finds them: when the first one dies, nobody else closes
 * them. One thread writes; the other reads when that one is gone.
 */
export class DescriptorLedger {
  readonly #slots: Int32Array;
  readonly #slotOf = new Map<number, number>();
  #next = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#slots = new Int32Array(buffer);
  }

  /** Notes a descriptor that was opened; false when there is no room, and then it is not to be kept. */
  enter(fd: number): boolean {
    if (this.#slotOf.size === SLOTS) return false;
    while (this.#slots[this.#next] !== FREE) {
      this.#next = (this.#next + 1) % SLOTS;
    }
    this.#slotOf.set(fd, this.#next);
    Atomics.store(this.#slots, this.#next, fd + 1);
    return true;
  }

  /** Forgets a descriptor; before it is closed, because its number may be another's at once. */
  leave(fd: number): void {
    const slot = this.#slotOf.get(fd);
    if (slot === undefined) return;
    this.#slotOf.delete(fd);
    Atomics.store(this.#slots, slot, FREE);
  }

  /** What is open; for the other thread. */
  get open(): number[] {
    const open: number[] = [];
    for (let slot = 0; slot < SLOTS; slot++) {
      const entry = Atomics.load(this.#slots, slot);
      if (entry !== FREE) open.push(entry - 1);
    }
    return open;
  }
}
