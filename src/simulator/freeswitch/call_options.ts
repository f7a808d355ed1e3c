import type { Arrival } from "./audio_socket.ts";

/** A codec of the caller's line; on unicast it is linear 16-bit at `rateHz`. */
export interface Codec {
  readonly name: "PCMA" | "PCMU" | "G722" | "opus";
  readonly rateHz: number;
  readonly frameMs: number;
}

/** What FreeSWITCH's dialplan does with a call, in order. */
export type DialplanAction =
  | { readonly socket: string } // "host:port|host:port/path", always `async full`
  | { readonly hangup: string } // a cause; `${name}` is replaced by the variable
  | { readonly setVariable: readonly [name: string, value: string] }
  | { readonly schedHangup: number; readonly cause?: string } // seconds
  | { readonly schedTransfer: number } // seconds, to the first action
  | { readonly transfer: "beginning" }
  /** Rings somebody for so long; a cause: who does not answer. */
  | { readonly bridge: { readonly ringMs: number; readonly cause?: string } }
  | { readonly answer: true }
  | { readonly sleepMs: number }
  | { readonly park: true };

/** What the line did, written to the statistics of CHANNEL_HANGUP_COMPLETE. */
export interface LineQuality {
  readonly lossPercent: number;
  readonly maxVariance: number;
  readonly meanOpinionScore: number;
}

/** A caller and the way its call takes. */
export interface CallOptions {
  readonly uuid?: string;
  readonly callerNumber: string;
  /** Raw bytes stand for a name that is not UTF-8. */
  readonly callerName?: string | Uint8Array;
  readonly calledNumber: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** PCMA at 8 kHz and 20 ms unless told. */
  readonly codec?: Codec;
  /** Whether the dialplan answered before its first action. */
  readonly answeredFirst?: boolean;
  readonly dialplan: readonly DialplanAction[];
  /** What a transfer leads to, by number and context, e.g. `8001 vapi-agents`. */
  readonly elsewhere?: Readonly<Record<string, readonly DialplanAction[]>>;
  /** How long an answer takes; 40 ms unless told. */
  readonly answerDelayMs?: number;
  readonly line?: LineQuality;
  /**
   * Fills one frame of what the caller says; false when it says nothing (then
   * 0xFF bytes go out). Called when a frame is due; `index` counts from 0, and
   * goes on when one application takes the call over from another.
   */
  readonly speech?: (frame: Int16Array, index: number) => boolean;
  /**
   * Called once for each frame time while audio is exchanged, with what the
   * caller hears: undefined when there was nothing to write. The array is valid
   * during the call only; `timeMs` counts from the start of the call.
   */
  readonly heard?: (
    frame: Int16Array | undefined,
    tick: number,
    timeMs: number,
  ) => void;
  /**
   * Called when a datagram is seen first, at the latest before it is heard; both
   * are valid during the call only.
   */
  readonly arrived?: (datagram: Uint8Array, arrival: Arrival) => void;
}

/** How a call ended. */
export interface CallOutcome {
  /** FreeSWITCH's cause, or `parked` (nobody will ever free it) or `crashed` (the machine died). */
  readonly cause: string;
  readonly answered: boolean;
  /** From the answer to the end; 0 when it was not answered. */
  readonly billMs: number;
  readonly durationMs: number;
  /** The dialplan's actions that were begun, e.g. `socket 127.0.0.1:8084`. */
  readonly actionsRun: readonly string[];
  /** Every command of the applications, e.g. `linger 5`, `execute answer`. */
  readonly commandsSeen: readonly string[];
}

/** Counts of a call's audio, kept up to date while it runs. */
export interface CallStats {
  framesSent: number;
  /** Frames that the caller spoke between two applications, when nobody took them. */
  framesUntaken: number;
  /** Frames of the application that were written to the caller, damaged ones included. */
  framesHeard: number;
  /** Frame times at which nothing was there to write. */
  underruns: number;
  /** Underruns that `send_silence_when_idle` filled. */
  silences: number;
  /** Datagrams of a wrong size. */
  wrongSize: number;
  /** Of those the shorter ones: the frame was corrupted. */
  corrupted: number;
  /** Of those the longer ones: an oversized packet went to the caller. */
  oversized: number;
  /** Whether an empty datagram killed the direction to the caller. */
  killed: boolean;
  /** Datagrams that did not fit the socket buffer, as far as they were seen. */
  lost: number;
  /** Datagrams that uuid_pause threw away. */
  dropped: number;
  /** Most frames that were seen to stand in the socket buffer after a frame time. */
  longestQueue: number;
  sendErrors: number;
  /** Frames that could not leave because the simulator itself was late. */
  unsent: number;
  /** Milliseconds since the start of the call; -1 when it did not happen. */
  firstSentMs: number;
  firstHeardMs: number;
}

/** What a test can do to a call while it runs. */
export interface Faults {
  /** The caller's line is dead: no datagram goes out. */
  uplinkSilent: boolean;
  /** The channel's thread stands still: nothing goes out and nothing is taken. */
  paused: boolean;
  answerDelayMs: number;
}

/** One call of a simulated machine. */
export interface SimulatedCall {
  readonly uuid: string;
  /** Milliseconds from the start to the answer; rejects with RemoteError when the call ends before. */
  readonly answered: Promise<number>;
  readonly ended: Promise<CallOutcome>;
  readonly stats: Readonly<CallStats>;
  readonly fault: Faults;
  /** The caller hangs up; nothing happens after the end. */
  hangUp(cause?: string): void;
  /** The caller presses a key, one of 0-9 * # A-D; throws TypeError for another. */
  pressKey(digit: string): void;
  /** The other side puts the caller on hold, or goes on: FreeSWITCH tells, and sends audio as before. */
  hold(isHeld: boolean): void;
  /** The other side asks for another codec or frame length, PCMU unless told: FreeSWITCH ends unicast, without a sign of it. */
  renegotiate(codec?: Codec): void;
  /** Somebody transfers or bridges the channel: it leaves the dialplan, and FreeSWITCH keeps the event socket. */
  transfer(): void;
  /** Breaks the event socket with a TCP reset; the dialplan goes on as when the application dies. */
  cutConnection(): void;
}
