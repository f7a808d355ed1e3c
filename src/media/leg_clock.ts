/** How often silent uplinks are looked for, in milliseconds. */
const PERIOD_MS = 20;

/** Something that wants to know, now and then, what time it is. */
export interface Ticking {
  /** It is `nowMs`, `sinceMs` after the clock's last tick: much more than usual when the clock, or the machine, stood still. */
  tick(nowMs: number, sinceMs: number): void;
}

/**
 * One timer for all legs: while FreeSWITCH paces a leg this does nothing, and
 * when its datagrams fail to come the leg goes on by this clock. Runs only
 * while there are legs. Main thread.
 */
export class LegClock {
  #legs = new Set<Ticking>();
  #timer?: ReturnType<typeof setInterval>;
  #tickedMs = 0;

  /** Begins to tell `leg` the time. */
  add(leg: Ticking): void {
    this.#legs.add(leg);
    this.#timer ??= setInterval(() => this.#tick(), PERIOD_MS);
  }

  /** Leaves `leg` alone; the last one stops the timer. */
  remove(leg: Ticking): void {
    this.#legs.delete(leg);
    if (this.#legs.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const nowMs = performance.now();
    const sinceMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    for (const leg of this.#legs) leg.tick(nowMs, sinceMs);
  }
}
