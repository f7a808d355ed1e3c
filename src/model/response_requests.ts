import type { ClientEvents } from "./client_event.ts";

/** What {@linkcode ResponseRequests} needs. */
export interface ResponseRequestsOptions {
  readonly encode: ClientEvents;
  readonly send: (frame: string) => void;
  /** Whether a response runs, or may still run, at the peer. */
  readonly busy: () => boolean;
  /** How long an answer to a request may take. */
  readonly timeoutMs: number;
  /** No answer came to a request. */
  readonly unanswered: (waitedMs: number) => void;
}

/**
 * A response that begins after a request is taken for its answer, until the
 * peer says that another one ran already: then that one was the peer's own.
 * The request is made once more when it is over, or in a while when we know of
 * none: the peer's own may be one that it has not announced, or not quite ended.
 */
type RequestState =
  | { readonly state: "none" }
  | (Attempt & { readonly state: "sent" | "answered" | "refused" });

interface Attempt {
  /** Whether a response of the peer's own was over before this attempt. */
  readonly again: boolean;
  /** For how long refusals were waited out so far, the newest included. */
  readonly waitedMs: number;
}

/** A call of a function and what it has returned. */
export type FunctionOutput = readonly [callId: string, output: string];

const MOST_TEXTS = 8;
const NONE: RequestState = { state: "none" };
const FIRST: Attempt = { again: false, waitedMs: 0 };
/** After the first refusal; each further one doubles it. */
const FIRST_WAIT_MS = 300;

/**
 * Asks for one response at a time: for results of functions first, then for
 * texts in their order. Worker thread. Owns one timer, until `close()`.
 */
export class ResponseRequests {
  readonly #options: ResponseRequestsOptions;
  readonly #texts: string[] = [];
  #results: FunctionOutput[] = [];
  #state: RequestState = NONE;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: ResponseRequestsOptions) {
    this.#options = options;
  }

  /** Whether an answer is asked for, or will be. */
  get areOpen(): boolean {
    const { state } = this.#state;
    return state === "sent" || state === "refused" ||
      this.#texts.length > 0 || this.#results.length > 0;
  }

  /** Adds a text; false when the oldest had to go for it. */
  add(text: string): boolean {
    if (this.#closed) return true;
    this.#texts.push(text);
    this.#next();
    // After that, because the oldest may have left the queue by being sent.
    if (this.#texts.length <= MOST_TEXTS) return true;
    this.#texts.shift();
    return false;
  }

  /** Takes what functions have returned, for one answer to all of it. */
  addResults(results: readonly FunctionOutput[]): void {
    if (this.#closed || results.length === 0) return;
    this.#results.push(...results);
    this.#next();
  }

  /** A response began: it is what was asked for. */
  created(): void {
    const state = this.#state;
    if (state.state === "sent") this.#become({ ...state, state: "answered" });
    // The peer's own for the second time: it has answered all there is.
    else if (state.state === "refused" && state.again) this.#become(NONE);
  }

  /** A response is over at the peer. */
  responseOver(): void {
    if (this.#options.busy()) return;
    const state = this.#state;
    if (state.state === "refused") {
      return this.#request({ ...state, again: true });
    }
    if (state.state === "answered") this.#become(NONE);
    this.#next();
  }

  /** The peer refused a request, because a response ran already. */
  alreadyRunning(): void {
    const state = this.#state;
    if (state.state !== "sent" && state.state !== "answered") return;
    if (state.state === "answered" && state.again) return;
    const { timeoutMs } = this.#options;
    if (state.waitedMs >= timeoutMs) return this.#giveUp();
    const waitedMs = Math.min(2 * state.waitedMs + FIRST_WAIT_MS, timeoutMs);
    this.#become(
      { ...state, state: "refused", waitedMs },
      waitedMs - state.waitedMs,
    );
  }

  /** The peer complained of something that may have been a request. */
  mayHaveFailed(): void {
    if (this.#state.state !== "sent") return;
    this.#become(NONE);
    this.#next();
  }

  /** Forgets everything. */
  close(): void {
    this.#closed = true;
    this.#texts.length = 0;
    this.#results = [];
    this.#become(NONE);
  }

  #next(): void {
    if (this.#state.state !== "none" || this.#options.busy()) return;
    const { encode, send } = this.#options;
    if (this.#results.length > 0) {
      for (const [callId, output] of this.#results.splice(0)) {
        send(encode.createFunctionOutput(callId, output));
      }
    } else {
      const text = this.#texts.shift();
      if (text === undefined) return;
      send(encode.createUserMessage(text));
    }
    this.#request(FIRST);
  }

  #request(attempt: Attempt): void {
    this.#become({ ...attempt, state: "sent" });
    this.#options.send(this.#options.encode.createResponse());
  }

  #become(state: RequestState, waitMs = this.#options.timeoutMs): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#state = state;
    const isAwaited = state.state === "sent" || state.state === "refused";
    if (!isAwaited || this.#closed) return;
    this.#timer = setTimeout(() => this.#expire(), waitMs);
  }

  #expire(): void {
    const state = this.#state;
    if (state.state !== "refused") return this.#giveUp();
    if (!this.#options.busy()) return this.#request(state);
    // Its end is told, or never comes.
    this.#become(state);
  }

  #giveUp(): void {
    this.#become(NONE);
    this.#options.unanswered(this.#options.timeoutMs);
    this.#next();
  }
}
