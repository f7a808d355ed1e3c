import type { Libc } from "./libc.ts";

// Number of Linux's system call interface.
const EPOLL_CLOEXEC = 0o2000000;
/** How often what is missing is taken again, in milliseconds. */
const REFILL_MS = 100;

/** Ends a loan of descriptors; may be called twice. */
export type EndLoan = () => void;

/**
 * Descriptors that are kept for what must not be without when the machine has
 * none left: the runtime ends the process when a thread of it finds none (Deno
 * 2.9.6), and a connection that is not accepted is a call that hangs. One thread.
 */
export class DescriptorReserve {
  #libc: Libc;
  #size: number;
  #kept: number[] = [];
  /** Those who borrowed so many may not have taken them yet. */
  #lent = 0;
  #timer?: ReturnType<typeof setInterval>;

  constructor(libc: Libc, size: number) {
    this.#libc = libc;
    this.#size = size;
    this.#fill();
  }

  /**
   * Sees to it that so many descriptors can be had, letting go of some when the
   * machine has no others; undefined when it cannot. What was let go is taken
   * again when the loan is over and the machine has some.
   */
  lend(count: number): EndLoan | undefined {
    // To try what the machine has would take it, for a moment, from who has borrowed before.
    const isKeptLent = this.#lent > 0 && this.#kept.length >= count;
    if (isKeptLent || !this.#hasMachine(this.#lent + count)) {
      if (this.#kept.length < count) return undefined;
      for (const fd of this.#kept.splice(-count)) this.#libc.close(fd);
    }
    this.#lent += count;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#lent -= count;
      this.#fill();
    };
  }

  #hasMachine(count: number): boolean {
    const tried = Array.from({ length: count }, () => this.#open());
    const had = tried.filter((fd) => fd >= 0);
    for (const fd of had) this.#libc.close(fd);
    return had.length === count;
  }

  #open(): number {
    return this.#libc.epoll_create1(EPOLL_CLOEXEC);
  }

  /** Takes what is missing, once nobody may still need what is free. */
  #fill(): void {
    if (this.#lent > 0) return;
    while (this.#kept.length < this.#size) {
      const fd = this.#open();
      if (fd < 0) break;
      this.#kept.push(fd);
    }
    if (this.#kept.length >= this.#size) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#fill(), REFILL_MS);
      Deno.unrefTimer(this.#timer);
    }
  }
}
