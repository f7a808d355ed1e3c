import type {
  CallOutcome,
  SimulatedCall,
} from "../../src/simulator/freeswitch/call_options.ts";
import { guardedSockets } from "../../src/simulator/freeswitch/dialplan.ts";
import type { FreeSwitch } from "../../src/simulator/freeswitch/free_switch.ts";
import { HeardLine } from "./heard_line.ts";

/** After so long without a node a call is given up by the dialplan. */
const GUARD_SECONDS = 30;
const RETURN_SECONDS = 5;
/** More often than any scenario takes a call from a node. */
const TRIES = 400;

/** What makes a {@linkcode Caller}. */
export interface CallerOptions {
  /** The assistant that answers it, by which the model's sessions are told apart. */
  readonly name: string;
  readonly number: string;
  /** The nodes, in the order in which this caller's dialplan tries them. */
  readonly targets: readonly string[];
}

/** One caller, who listens and notes when the assistant is heard. One thread. */
export class Caller {
  readonly name: string;
  readonly call: SimulatedCall;
  readonly line = new HeardLine();
  readonly startedMs = performance.now();
  /** Both are set when the call is over. */
  outcome?: CallOutcome;
  endedMs?: number;
  /** Whether we have hung up. */
  left = false;

  constructor(machine: FreeSwitch, { name, number, targets }: CallerOptions) {
    this.name = name;
    this.call = machine.placeCall({
      callerNumber: number,
      calledNumber: "1000",
      variables: { vapi_assistant_id: name },
      dialplan: guardedSockets({
        target: targets.join("|"),
        tries: TRIES,
        returnSeconds: RETURN_SECONDS,
        guardSeconds: GUARD_SECONDS,
      }),
      heard: (frame) => this.line.hear(frame, performance.now()),
    });
    void this.call.ended.then((outcome) => {
      this.outcome = outcome;
      this.endedMs = performance.now();
    });
  }

  /** Whether the assistant was heard in the last `withinMs` milliseconds. */
  hears(withinMs: number): boolean {
    return performance.now() - this.line.lastMs <= withinMs;
  }

  /** Whether the call ended although the caller did not hang up. */
  get wasHungUp(): boolean {
    return this.outcome !== undefined && !this.left;
  }

  hangUp(): void {
    if (this.outcome !== undefined) return;
    this.left = true;
    this.call.hangUp();
  }
}
