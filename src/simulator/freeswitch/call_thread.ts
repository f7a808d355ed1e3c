import type { Clock } from "./clock.ts";

const TICK_MS = 20;

/**
 * A channel's own thread: it looks for work every 20 ms, which is why an
 * execute completes about 20 ms after it was sent, and does one thing after
 * another. One thread of ours.
 */
export class CallThread {
  readonly #clock: Clock;
  readonly #tasks: (() => void | Promise<void>)[] = [];
  readonly #sleepers = new Set<() => void>();
  #busy = false;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  queue(task: () => void | Promise<void>) {
    if (this.#stopped) return;
    this.#tasks.push(task);
    if (this.#busy) return;
    this.#busy = true;
    void this.#work();
  }

  /** Resolves after the time, or at once when the thread stops. */
  sleep(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#sleepers.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(ms, wake);
      this.#sleepers.add(wake);
    });
  }

  /** Forgets what waits and wakes what sleeps; may be called twice. */
  stop() {
    this.#stopped = true;
    this.#tasks.length = 0;
    for (const wake of [...this.#sleepers]) wake();
  }

  async #work() {
    await this.sleep(TICK_MS);
    for (;;) {
      const task = this.#tasks.shift();
      if (task === undefined) break;
      await task();
    }
    this.#busy = false;
  }
}
