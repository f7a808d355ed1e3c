import type { WorkLoopOptions } from "./work_loop.ts";

/**
 * The rounds of a thread by a timer of the runtime, for one whose connections
 * are the runtime's: its turn comes between any two rounds. Runs only while
 * there is work.
 */
export class TimedRounds {
  #options: Omit<WorkLoopOptions, "mail" | "turnMs">;
  #timer?: ReturnType<typeof setInterval>;

  constructor(options: Omit<WorkLoopOptions, "mail" | "turnMs">) {
    this.#options = options;
  }

  /** A message came, which nobody counts here. */
  received(): void {}

  /** Begins to come round, or stops when there is nothing to come round for. */
  goOn(): void {
    const { hasWork, roundMs } = this.#options;
    if (!hasWork()) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setInterval(() => this.#comeRound(), roundMs);
  }

  #comeRound(): void {
    const { mark, round } = this.#options;
    if (mark.isDismissed) return;
    mark.round();
    round(performance.now());
    this.goOn();
  }
}
