import type { CallControlEvents } from "../router/call_control.ts";
import type { Log } from "../telemetry/log.ts";

/**
 * Brings a call's events to whoever listens, in order, and keeps them until
 * somebody does. Main thread. A listener that throws is logged and not called
 * again for that event only. Once `closed` was given, nothing more is taken.
 */
export class CallMailbox {
  readonly #log: Log;
  #listener: CallControlEvents | undefined;
  #kept: Delivery[] = [];
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Throws TypeError when somebody listens already. */
  listen(listener: CallControlEvents): void {
    if (this.#listener !== undefined) {
      throw new TypeError("Cannot listen to a call: somebody does already");
    }
    this.#listener = listener;
    for (const delivery of this.#kept.splice(0)) this.#bring(delivery);
  }

  /** Gives one event to the listener, as the call that `delivery` makes on it. */
  post(delivery: Delivery): void {
    if (this.#closed) return;
    if (this.#listener !== undefined) this.#bring(delivery);
    else this.#kept.push(delivery);
  }

  /** Gives an event that may come any number of times: while nobody listens, those beyond 64 are dropped. */
  postOneOfMany(delivery: Delivery): void {
    if (this.#listener !== undefined || this.#kept.length < MAX_KEPT) {
      this.post(delivery);
    }
  }

  /** Gives the last event. */
  postLast(delivery: Delivery): void {
    this.post(delivery);
    this.#closed = true;
  }

  #bring(delivery: Delivery): void {
    try {
      delivery(this.#listener!);
    } catch (error) {
      this.#log.error("a listener of a call threw", { error });
    }
  }
}

/** One call of one of the listener's functions. */
export type Delivery = (listener: CallControlEvents) => void;

const MAX_KEPT = 64;
