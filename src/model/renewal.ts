import type { SupplierLink } from "./supplier_link.ts";

/** Parts of a {@linkcode Renewal}. */
export interface RenewalOptions {
  /** The longest that the running conversation may last. */
  readonly limitMs: number;
  /** Opens another conversation with the same model. */
  readonly open: (signal: AbortSignal) => Promise<SupplierLink>;
  /** Puts it into the place of the running one. */
  readonly swap: (spare: SupplierLink) => void;
  /** Whether the running one could be left without cutting anybody short. */
  readonly isIdle: () => boolean;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
}

type RenewalState =
  | { readonly state: "waiting" }
  | { readonly state: "opening" }
  | { readonly state: "ready"; readonly spare: SupplierLink }
  | { readonly state: "over" };

/** A spare is opened so long before the limit. */
const LEAD_MS = 5 * 60_000;
/** So long before the limit nobody's silence is waited for any more. */
const LAST_MS = 30_000;
const RETRY_MS = 1000;
const MOST_RETRY_MS = 30_000;

/**
 * Gives a conversation a successor before its supplier ends it: opens a spare in
 * time, and swaps when nobody speaks. Worker thread. Owns one timer and the spare
 * until it has swapped or is closed.
 */
export class Renewal {
  readonly #options: RenewalOptions;
  readonly #abort = new AbortController();
  #state: RenewalState = { state: "waiting" };
  #openTimer: ReturnType<typeof setTimeout>;
  readonly #pressTimer: ReturnType<typeof setTimeout>;
  #failures = 0;
  #isPressing = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
    const dueMs = Math.max(0, options.limitMs - LEAD_MS);
    const pressMs = Math.max(0, options.limitMs - LAST_MS);
    this.#openTimer = setTimeout(() => this.#open(), dueMs);
    this.#pressTimer = setTimeout(() => this.#press(), pressMs);
  }

  /** Nobody speaks. */
  quiet(): void {
    if (this.#state.state === "ready") this.#swap(this.#state.spare);
  }

  /** The running conversation could be left; that is enough when time presses. */
  idle(): void {
    if (this.#isPressing) this.quiet();
  }

  /** A spare was lost; another is opened. */
  lost(spare: SupplierLink): void {
    if (this.#state.state !== "ready" || this.#state.spare !== spare) return;
    this.#retry();
  }

  /** Hands the spare over, if there is one, and does nothing more. */
  take(): SupplierLink | undefined {
    clearTimeout(this.#openTimer);
    clearTimeout(this.#pressTimer);
    const state = this.#state;
    this.#state = { state: "over" };
    this.#abort.abort(new DOMException("It is not needed", "AbortError"));
    return state.state === "ready" ? state.spare : undefined;
  }

  /** Closes the spare and does nothing more. */
  close(): void {
    this.take()?.client.close();
  }

  #open(): void {
    this.#state = { state: "opening" };
    this.#options.open(this.#abort.signal).then(
      (spare) => this.#opened(spare),
      () => this.#retry(),
    );
  }

  #opened(spare: SupplierLink): void {
    if (this.#state.state === "over") return spare.client.close();
    if (spare.lostBy !== undefined) return this.#retry();
    this.#failures = 0;
    this.#state = { state: "ready", spare };
    if (this.#options.isIdle()) this.idle();
  }

  #retry(): void {
    if (this.#state.state === "over") return;
    this.#state = { state: "waiting" };
    const mostMs = Math.min(MOST_RETRY_MS, RETRY_MS * 2 ** this.#failures++);
    const waitMs = mostMs * this.#options.random();
    this.#openTimer = setTimeout(() => this.#open(), waitMs);
  }

  #press(): void {
    this.#isPressing = true;
    if (this.#options.isIdle()) this.idle();
  }

  #swap(spare: SupplierLink): void {
    this.take();
    this.#options.swap(spare);
  }
}
