const TICK_MS = 10;

/** Is called with the time; gives the time at which it is due again, Infinity to end. */
export type Tick = (nowMs: number) => number;

/**
 * One timer for all that is paced, so that a thousand sessions do not wake the
 * thread a thousand times. Any thread. Runs only while somebody wants
 * ticks; times are milliseconds of `performance.now`.
 */
export class Ticker {
  /** With the time at which each is due. */
  readonly #ticks = new Map<Tick, { dueMs: number }>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Calls `tick` at `dueMs`, or up to 10 ms later, and again when it says. */
  add(tick: Tick, dueMs: number): void {
    this.#ticks.set(tick, { dueMs });
    this.#timer ??= setInterval(() => this.#tickAll(), TICK_MS);
  }

  /** Calls `tick` no more. */
  delete(tick: Tick): void {
    this.#ticks.delete(tick);
    if (this.#ticks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tickAll(): void {
    const nowMs = performance.now();
    for (const [tick, place] of this.#ticks) {
      if (place.dueMs > nowMs) continue;
      place.dueMs = tick(nowMs);
      if (place.dueMs === Infinity) this.delete(tick);
    }
  }
}
