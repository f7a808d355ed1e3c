import { AudioLeg } from "./audio_leg.ts";
import type { CallOptions } from "./call_options.ts";
import type { LiveCall, UnicastTarget } from "./machine.ts";

/** A call's audio: none, or one leg after another when applications change. One thread. */
export class CallAudio {
  readonly #call: LiveCall;
  readonly #caller: CallOptions;
  readonly #startedMs: number;
  #leg: AudioLeg | undefined;
  #closed: Promise<void> = Promise.resolve();

  constructor(
    call: LiveCall,
    { caller, startedMs }: { caller: CallOptions; startedMs: number },
  ) {
    this.#call = call;
    this.#caller = caller;
    this.#startedMs = startedMs;
  }

  /** Resolves when the last leg that was closed is gone. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  start(target: UnicastTarget) {
    const { channel, machine, stats, fault } = this.#call;
    if (this.#leg !== undefined) {
      machine.violate(channel.uuid, "unicast was started twice");
      return this.lose();
    }
    try {
      this.#leg = new AudioLeg({
        target,
        channel,
        caller: this.#caller,
        stats,
        fault,
        pacer: machine.pacer,
        nowMs: machine.clock.nowMs(),
        startedMs: this.#startedMs,
      });
    } catch (cause) {
      // The application is told nothing: it got its +OK (measured).
      machine.violate(channel.uuid, `unicast could not be bound: ${cause}`);
    }
  }

  pause(paused: boolean) {
    if (this.#leg !== undefined) this.#leg.paused = paused;
  }

  lose() {
    this.#leg?.lose();
  }

  close() {
    if (this.#leg === undefined) return;
    this.#closed = this.#leg.close();
    this.#leg = undefined;
  }
}
