import type {
  AfterFunction,
  FunctionAnswer,
  FunctionCall,
} from "../shard/protocol.ts";
import type { Channel } from "./call_control.ts";

/** How a function went: as it should, not, or there is none of that name. */
export type FunctionResult = "ok" | "failed" | "unknown";

/** What a function has done. */
export interface FunctionOutcome {
  readonly result: FunctionResult;
  /** For the model; text, e.g. JSON. */
  readonly output: string;
  readonly after?: AfterFunction;
}

/** A function that a call's model calls. Numbers and arguments are personal data. */
export interface FunctionRequest {
  readonly channel: Channel;
  readonly assistantId: string;
  readonly call: FunctionCall;
  /** Whether the channel can be sent elsewhere. */
  readonly mayTransfer: boolean;
}

/**
 * Does what a function is to do. Main thread. Never rejects: what went wrong is
 * in the output, in words that the model can make something of. `signal`: the
 * call is over.
 */
export type RunFunction = (
  request: FunctionRequest,
  signal: AbortSignal,
) => Promise<FunctionOutcome>;

/** More in one call is a model that has lost its mind. */
const MOST_CALLS = 200;
const MOST_RUNNING = 4;
/** What follows is followed by then: the last words, and some time to hear them. */
const LEAVING_MS = 20_000;

/** Parts of {@linkcode CallFunctions}. */
export interface CallFunctionsOptions {
  readonly run: (
    call: FunctionCall,
    signal: AbortSignal,
  ) => Promise<FunctionOutcome>;
  /** One has returned. */
  readonly ran: (ran: FunctionRan) => void;
}

/** A function that has returned. */
export interface FunctionRan {
  /** As the assistants file has it; `unknown` when it has none of that name. */
  readonly name: string;
  readonly result: FunctionResult;
  readonly ms: number;
}

/** The functions of one call. Main thread. */
export class CallFunctions {
  #options: CallFunctionsOptions;
  #over = new AbortController();
  #count = 0;
  #running = 0;
  /** The newest transfer that its session is to announce, and since when. */
  #leaving?: { readonly to: string; readonly sinceMs: number };

  constructor(options: CallFunctionsOptions) {
    this.#options = options;
  }

  /** Where the caller is about to be sent: another session knows nothing of it. */
  get leavingTo(): string | undefined {
    const { to, sinceMs } = this.#leaving ?? { sinceMs: -Infinity };
    return performance.now() - sinceMs < LEAVING_MS ? to : undefined;
  }

  /** Runs one and gives what its session is to be told. */
  async answer(call: FunctionCall): Promise<FunctionAnswer> {
    const { id } = call;
    if (++this.#count > MOST_CALLS || this.#running >= MOST_RUNNING) {
      const output = JSON.stringify({ error: "too many function calls" });
      return { id, output };
    }
    this.#running++;
    const { run, ran } = this.#options;
    const fromMs = performance.now();
    const { output, after, result } = await run(call, this.#over.signal);
    this.#running--;
    // What the model calls it, when it is none of ours, is in no list.
    const name = result === "unknown" ? "unknown" : call.name;
    ran({ name, result, ms: performance.now() - fromMs });
    if (after?.do === "transfer") {
      this.#leaving = { to: after.to, sinceMs: performance.now() };
    }
    return { id, output, after };
  }

  /** The call is over: nobody waits for anything. */
  close(): void {
    this.#over.abort(new DOMException("The call has ended", "AbortError"));
  }
}
