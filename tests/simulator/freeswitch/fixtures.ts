import type { OpenAudioSocket } from "../../../src/simulator/freeswitch/audio_socket.ts";
import type { CallOptions } from "../../../src/simulator/freeswitch/call_options.ts";
import { createFreeSwitch } from "../../../src/simulator/freeswitch/free_switch.ts";
import type { FreeSwitch } from "../../../src/simulator/freeswitch/free_switch.ts";
import type { Clock } from "../../../src/simulator/freeswitch/clock.ts";
import { SILENT_LOG } from "../../../src/telemetry/log.ts";
import { ScriptedApplication } from "./scripted_application.ts";

/** A machine and an application that listens, closed when the scope is left. */
export interface Stage extends AsyncDisposable {
  readonly machine: FreeSwitch;
  readonly application: ScriptedApplication;
  /** A call to the application. */
  call(options?: Partial<CallOptions>): CallOptions;
}

/** Sets a machine and an application up. */
export function createStage(
  clock?: Clock,
  openAudio?: OpenAudioSocket,
): Stage {
  const machine = createFreeSwitch({ clock, log: SILENT_LOG, openAudio });
  const application = new ScriptedApplication();
  return {
    machine,
    application,
    call: (options = {}) => ({
      callerNumber: "13800138000",
      calledNumber: "1000",
      answeredFirst: true,
      dialplan: [{ socket: application.address }],
      ...options,
    }),
    async [Symbol.asyncDispose]() {
      await machine.close();
      application.close();
    },
  };
}

interface Timer {
  readonly delayMs: number;
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that moves when a test says so. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  readonly #waiting: { delayMs: number; resolve: () => void }[] = [];
  #nowMs = 1000;

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return Date.UTC(2026, 10, 22, 21, 6, 36) + this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { delayMs, atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    for (const waiter of this.#waiting) {
      if (waiter.delayMs === delayMs) waiter.resolve();
    }
    return () => this.#timers.delete(timer);
  }

  /** Resolves when somebody waits for so long. */
  async timerOf(delayMs: number) {
    for (const timer of this.#timers) if (timer.delayMs === delayMs) return;
    await this.nextTimerOf(delayMs);
  }

  /** Resolves when somebody begins to wait for so long. */
  nextTimerOf(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ delayMs, resolve }));
  }

  /** Moves on and runs what falls due, in order of time; a late `jump` runs all of it at its end. */
  advance(ms: number) {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.atMs > endMs) continue;
        if (next === undefined || timer.atMs < next.atMs) next = timer;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = endMs;
  }

  /** Stands still for so long as a stalled process does: timers fire afterwards, late. */
  stall(ms: number) {
    this.#nowMs += ms;
    this.advance(0);
  }
}
