import type { Tick, Ticker } from "./ticker.ts";

/** Timers and ticks of one owner, which end together. Any thread. */
export class Timers {
  readonly #ticker: Ticker;
  readonly #ticks = new Set<Tick>();
  readonly #running = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  constructor(ticker: Ticker) {
    this.#ticker = ticker;
  }

  /** Calls `act` once after `delayMs` milliseconds, unless {@linkcode close} comes first. */
  after(delayMs: number, act: () => void): void {
    if (this.#closed) return;
    const id = setTimeout(() => {
      this.#running.delete(id);
      act();
    }, delayMs);
    this.#running.add(id);
  }

  /** Calls `tick` at `dueMs` and whenever it says, unless {@linkcode close} comes first. */
  whenDue(dueMs: number, tick: Tick): void {
    if (this.#closed) return;
    const own: Tick = (nowMs) => {
      const nextMs = tick(nowMs);
      if (nextMs === Infinity) this.#ticks.delete(own);
      return nextMs;
    };
    this.#ticks.add(own);
    this.#ticker.add(own, dueMs);
  }

  /** Ends all; later ones never start. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const id of this.#running) clearTimeout(id);
    for (const tick of this.#ticks) this.#ticker.delete(tick);
    this.#running.clear();
    this.#ticks.clear();
  }
}
