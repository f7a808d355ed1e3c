/** How often the main thread looks whether its timers are late. */
const TICK_MS = 100;
/** Delays are judged by the worst of each window. */
const WINDOW_TICKS = 10;

/** Parts of a {@linkcode LoadGauge}. */
export interface LoadGaugeOptions {
  /** A delay beyond this is too much, in milliseconds; 0 for never. */
  readonly limitMs: number;
  /** Frames of callers for which a ring had no room, since the start. */
  readonly overruns: () => number;
}

/**
 * Measures whether the node keeps up: how late its event loops are, and whether
 * rings overflow. Too late in two windows of a second in a row, or an
 * overflow in the last one, is overload: a single pause is not. Main thread; owns
 * a timer until it is closed.
 */
export class LoadGauge {
  #options: LoadGaugeOptions;
  #timer: ReturnType<typeof setInterval>;
  #lastMs = performance.now();
  #ticks = 0;
  /** Worst delay of each thread, in the window that is open and in the last one. */
  #open = new Map<string, number>();
  #last = new Map<string, number>();
  #lateWindows = 0;
  #overruns = 0;
  #overrun = false;

  constructor(options: LoadGaugeOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Whether new calls would cost those that are there. */
  get overloaded(): boolean {
    if (this.#options.limitMs === 0) return false;
    return this.#lateWindows >= 2 || this.#overrun;
  }

  /** Worst delay of each thread in the last seconds, in milliseconds. */
  get delaysMs(): ReadonlyMap<string, number> {
    const worst = new Map(this.#last);
    for (const [thread, ms] of this.#open) {
      worst.set(thread, Math.max(ms, worst.get(thread) ?? 0));
    }
    return worst;
  }

  /** Takes a delay of a thread's event loop, in milliseconds. */
  note(thread: string, delayMs: number): void {
    this.#open.set(thread, Math.max(delayMs, this.#open.get(thread) ?? 0));
  }

  /** Stops measuring. */
  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.note("main", Math.max(0, nowMs - this.#lastMs - TICK_MS));
    this.#lastMs = nowMs;
    if (++this.#ticks % WINDOW_TICKS === 0) this.#closeWindow();
  }

  #closeWindow(): void {
    const { limitMs, overruns } = this.#options;
    const late = Math.max(0, ...this.#open.values()) > limitMs;
    this.#lateWindows = late ? this.#lateWindows + 1 : 0;
    const total = overruns();
    this.#overrun = total > this.#overruns;
    this.#overruns = total;
    this.#last = this.#open;
    this.#open = new Map();
  }
}
