import { isIPv4 } from "node:net";
import { AudioLeg } from "./audio_leg.ts";
import type { UnicastTarget } from "./audio_socket.ts";
import type { CallOptions } from "./call_options.ts";
import type { LiveCall } from "./machine.ts";

/** A call's audio: none, or one leg after another when applications change. One thread. */
export class CallAudio {
  readonly #call: LiveCall;
  readonly #caller: CallOptions;
  readonly #startedMs: number;
  #leg: AudioLeg | undefined;
  /** When the last leg ended, by the machine's clock. */
  #endedMs: number | undefined;
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
    this.#speakOn();
    // It makes IPv4 sockets; for other addresses nothing comes of its +OK.
    if (!isIPv4(target.localHost) || !isIPv4(target.remoteHost)) return;
    try {
      this.#leg = new AudioLeg({
        target,
        channel,
        caller: this.#caller,
        stats,
        fault,
        pacer: machine.pacer,
        open: machine.openAudio,
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
    this.#endedMs = this.#call.machine.clock.nowMs();
  }

  /** The caller went on speaking since the last leg ended, and nobody took it. */
  #speakOn() {
    if (this.#endedMs === undefined) return;
    const { channel, machine, stats } = this.#call;
    const { rateHz, frameMs } = channel.codec;
    const missedMs = machine.clock.nowMs() - this.#endedMs;
    const frame = new Int16Array(rateHz * frameMs / 1000);
    for (let i = Math.floor(missedMs / frameMs); i > 0; i--) {
      const index = stats.framesSent + stats.framesUntaken++;
      this.#caller.speech?.(frame, index);
    }
    this.#endedMs = undefined;
  }
}
