import type { DoorbellPlace } from "../ring/doorbell.ts";
import type { RingPlace } from "../ring/layout.ts";
import type {
  FinishReason,
  FunctionAnswer,
  FunctionCall,
  SessionFact,
  SessionSummary,
} from "../shard/protocol.ts";

/** What a session tells its call, on the main thread. */
export interface SessionEvents {
  /** The model takes audio. */
  opened(): void;
  /** The model could not be had or was lost for good. */
  failed(kind: string, message: string): void;
  /** Something to be counted. */
  fact(fact: SessionFact): void;
  /** The conversation is over in the session's eyes. */
  finished(reason: FinishReason): void;
  /** The model calls a function, and waits for its answer. */
  functionCalled(call: FunctionCall): void;
  /** The whole shard died, and the session with it; nothing comes afterwards. `atWork`: it died over this call. */
  lost(atWork: boolean): void;
}

/** A call's hold on its session. */
export interface SessionHandle {
  readonly shard: number;
  /** What the leg presses when the shard has something to do for the call. */
  readonly doorbell: DoorbellPlace;
  attach(options: {
    readonly rings: RingPlace;
    readonly rateHz: number;
    readonly frameSamples: number;
  }): void;
  pressKey(digit: string): void;
  /** The other side has put the caller on hold, or goes on. */
  hold(isHeld: boolean): void;
  /** A function has returned. */
  answerFunction(answer: FunctionAnswer): void;
  /**
   * Ends the session. Resolves with its summary once the shard has let go of
   * the rings, or undefined when the shard is dead or silent: then it may
   * still hold them.
   */
  close(withinMs: number): Promise<SessionSummary | undefined>;
}
