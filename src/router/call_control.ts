import type { OpenAudioLeg } from "./audio_leg.ts";

/** Sampling rates of the audio that we carry, in hertz. */
export const RATES_HZ = [8000, 16000, 48000] as const;
/** Lengths of its frames, in milliseconds: those of G.711, G.722 and Opus up to the longest for which there is room. */
export const FRAMES_MS = [10, 20, 30, 40, 60] as const;

/** Samples of a leg: linear 16-bit little-endian mono. */
export interface LegFormat {
  readonly codec: string;
  readonly rateHz: number;
  /** Length of one frame, both ways. */
  readonly frameMs: number;
}

/** How a caller has come: by FreeSWITCH's event socket, or by a WebSocket of a browser. */
export type Line = "telephone" | "browser";

/** What is known of a channel when it is handed over. Numbers and names are personal data. */
export interface Channel {
  readonly uuid: string;
  readonly line: Line;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly calledNumber: string;
  /** FreeSWITCH's channel variable `vapi_assistant_id`; empty for none. */
  readonly assistantId: string;
  /** Whether somebody answered it before it reached us. */
  readonly answered: boolean;
  /** Whether the other side has put it on hold. */
  readonly held: boolean;
  /** Set when it was sent elsewhere and has come back: why nobody took it there. */
  readonly transferFailed?: string;
  /** Our end of the connection, which FreeSWITCH can reach. */
  readonly localHost: string;
  /** The other end of the connection. */
  readonly remoteHost: string;
}

/** A line of what was said that is new, or has another text. The text is personal data. */
export interface SaidLine {
  /** Whether it stands before what was at its index, or in its place. */
  readonly change: "insert" | "replace";
  readonly index: number;
  readonly role: "caller" | "assistant";
  readonly text: string;
}

/** What FreeSWITCH measured of the audio that it received, from CHANNEL_HANGUP_COMPLETE. */
export interface RtpStatistics {
  readonly jitterMs?: number;
  readonly packetLossPercent?: number;
  readonly meanOpinionScore?: number;
}

/** What a channel tells its call, on the main thread. */
export interface CallControlEvents {
  /** The caller pressed a key: one of 0-9 * # A-D. */
  dtmf(digit: string): void;
  /** The other side has put the channel on hold, or gone on with it: on hold it does not hear us, and what comes of it is music. */
  held(isHeld: boolean): void;
  /** The channel was hung up, by whomever; comes at most once. */
  hungUp(cause: string): void;
  /** Statistics after the hang-up, when they arrive before the connection ends. */
  statistics(rtp: RtpStatistics): void;
  /** The connection is gone, by whomever; comes exactly once and is the last. */
  closed(reason: string): void;
}

/**
 * One channel under our control. Main thread. Every command rejects with
 * RemoteError when FreeSWITCH refuses, ProtocolError when it breaks the
 * protocol or the connection is gone, and a TimeoutError DOMException when it
 * does not answer in time; TypeError for a value with a line break.
 */
export interface CallControl {
  readonly channel: Channel;

  /** Where the connection carries the audio, too: opens the leg. Undefined where the audio goes the node's own way, by unicast. */
  readonly openLeg?: OpenAudioLeg;

  /** Says who listens; events before that are kept. Call once. */
  listen(events: CallControlEvents): void;

  /** Takes the channel over: removes the dialplan's guard, lingers, subscribes to the own events, those of holding included. */
  takeOver(): Promise<void>;

  /** Answers (at once when that has happened) and resolves with the audio's format when the answer has completed. */
  answer(): Promise<LegFormat>;

  /** Has the other side exchange audio with our leg, by unicast where it is FreeSWITCH; only after {@linkcode answer}. */
  startUnicast(host: string, port: number): Promise<void>;

  /** Says that the first frame came, where a node that takes the call over must know that nothing asked for is outstanding. */
  audioCame?(): Promise<void>;

  /** Whether FreeSWITCH still has the channel. */
  exists(): Promise<boolean>;

  /** Sets a channel variable that the dialplan can read. */
  setVariable(name: string, value: string): Promise<void>;

  /** Shows the caller what was said, where there is something to read it on. */
  show?(line: SaidLine): void;

  /** Sends the channel to a number of the operator's dialplan, where there is one. It is not ours afterwards, and may come back as another call of the same channel. */
  readonly transfer?: (to: string) => Promise<void>;

  /** Ends the channel with one of FreeSWITCH's causes, e.g. `NORMAL_CLEARING`. */
  hangUp(cause: string): Promise<void>;

  /** Closes our connection without a hang-up: FreeSWITCH's dialplan goes on with its next action, a browser may come back. May be called twice. */
  leave(): void;
}
