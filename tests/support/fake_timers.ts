interface FakeTimer {
  readonly run: () => void;
  /** None for a timer that runs once. */
  readonly periodMs?: number;
  atMs: number;
}

/** What is replaced; the others, and sockets, go on as they do. */
const REAL = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
};
const realNow = performance.now;
/** A wait for sockets or threads that lasts longer has failed, in milliseconds. */
const DEADLINE_MS = 10_000;

/**
 * Stands in for the timers and performance.now until it is disposed: no time
 * passes but by {@linkcode FakeTimers.pass}.
 */
export class FakeTimers implements Disposable {
  #nowMs = 1000;
  #lastId = 0;
  #timers = new Map<number, FakeTimer>();

  constructor() {
    const clear = (id?: number) => void this.#timers.delete(id ?? 0);
    Object.assign(globalThis, {
      setTimeout: (run: () => void, afterMs = 0) => this.#add(run, afterMs),
      setInterval: (run: () => void, periodMs = 0) =>
        this.#add(run, periodMs, periodMs),
      clearTimeout: clear,
      clearInterval: clear,
    });
    performance.now = () => this.#nowMs;
  }

  /** Timers that may still run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass: what falls due runs in order, and promises settle after each. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let due = this.#next(untilMs); due; due = this.#next(untilMs)) {
      const [id, timer] = due;
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      if (timer.periodMs === undefined) this.#timers.delete(id);
      else timer.atMs += timer.periodMs;
      timer.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** Lets time pass in which no timer runs, as when the process is stopped; what fell due runs afterwards. */
  sleep(ms: number): void {
    this.#nowMs += ms;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, REAL);
    performance.now = realNow;
  }

  #add(run: () => void, afterMs: number, periodMs?: number): number {
    this.#timers.set(++this.#lastId, {
      run,
      periodMs,
      atMs: this.#nowMs + afterMs,
    });
    return this.#lastId;
  }

  #next(untilMs: number): [number, FakeTimer] | undefined {
    let first: [number, FakeTimer] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].atMs > untilMs) continue;
      if (first === undefined || entry[1].atMs < first[1].atMs) first = entry;
    }
    return first;
  }
}

/** Lets promises and the event loop settle, whether timers are faked or not. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => REAL.setTimeout.call(globalThis, resolve, 0));
}

/** Resolves once `condition` holds; rejects when that takes 10 s of real time. */
export async function until(condition: () => boolean): Promise<void> {
  const endMs = realNow.call(performance) + DEADLINE_MS;
  while (!condition()) {
    if (realNow.call(performance) > endMs) {
      throw new Error(`Never came true: ${condition}`);
    }
    await settle();
  }
}
