const TICK_MS = 10;

/** Is called at each tick with the time; false ends it. */
export type Tick = (nowMs: number) => boolean;

/**
 * One timer for all that is paced, so that a thousand sessions do not wake the
 * thread a thousand times. Any thread. Runs only while somebody wants
 * ticks; times are milliseconds of `performance.now`.
 */
export class Ticker {
  readonly #ticks = new Set<Tick>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Calls `tick` about every 10 ms until it returns false. */
  add(tick: Tick): void {
    this.#ticks.add(tick);
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
    for (const tick of this.#ticks) {
      if (!tick(nowMs)) this.delete(tick);
    }
  }
}
