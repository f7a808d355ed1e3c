import type { FrameCounts } from "./frame_counts.ts";
import type { HeardRun } from "./downlink_reader.ts";
import type { Profile } from "./profile.ts";

/** How callers come. */
export const LINES = ["telephone", "browser"] as const;
/** One of {@linkcode LINES}. */
export type LineKind = typeof LINES[number];

/** Where a server takes calls. */
export interface CallEntry {
  readonly line: LineKind;
  readonly eslPort: number;
  /** Where browsers' calls are booked, and the token for it. */
  readonly apiUrl: string;
  readonly token: string;
}

/** How calls are placed. */
export interface PlaceCalls extends CallEntry {
  readonly calls: number;
  /** The calls' names are this and the following numbers. */
  readonly firstName: number;
  readonly perSecond: number;
  readonly profile: Profile;
  readonly rateHz: number;
}

/** How placing went. */
export interface Placed {
  /** From placing to the answer, of each call that was answered. */
  readonly setupMs: readonly number[];
  /** When the first call was placed and the last answered, by the process's clock. */
  readonly firstPlacedMs: number;
  readonly lastAnsweredMs: number;
  /** Calls that ended without an answer, by FreeSWITCH's cause. */
  readonly refused: Readonly<Record<string, number>>;
}

/** What the callers' process has seen so far. */
export interface CallerCounts {
  readonly open: number;
  readonly answered: number;
  readonly down: FrameCounts;
  readonly underruns: number;
  /** Underruns that come of the generator's own lateness. */
  readonly hurriedUnderruns: number;
  /** Frames sent by callers. */
  readonly sent: number;
  /** The generator's own frame times: all, more than 10 ms late, and given up. */
  readonly ticks: number;
  readonly lateTicks: number;
  readonly skippedTicks: number;
  /** Frames that the generator could not send in time. */
  readonly unsent: number;
}

/** Times of a call, by the process's clock. */
export interface CallerMarks {
  readonly name: number;
  /** Numbers of the timed frames and when they left. */
  readonly sent: readonly number[];
  readonly sentMs: readonly number[];
  readonly firstFramesMs: readonly number[];
  readonly runs: readonly HeardRun[];
}

/** How the calls ended. */
export interface HungUp {
  /** Calls that had ended before they were to, by FreeSWITCH's cause. */
  readonly endedEarly: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** How the model is set up. */
export interface StartModel {
  readonly profile: Profile;
  /** Whether the sessions begin to speak one after another and not at once. */
  readonly spread: boolean;
  /** Shared with the models before it; 0 for the first. */
  readonly port: number;
}

/** What the model has seen so far. */
export interface ModelCounts {
  readonly sessions: number;
  readonly up: FrameCounts;
  readonly errors: number;
  /** The event loop's wake-ups of 10 ms: all, and those more than 10 ms late. */
  readonly wakes: number;
  readonly lateWakes: number;
}

/** Times of a session, by the process's clock. */
export interface SessionMarks {
  /** Of the caller that was heard; missing when none was. */
  readonly name?: number;
  /** Numbers of the timed frames and when their messages came. */
  readonly heard: readonly number[];
  readonly heardMs: readonly number[];
  /** When the first delta of each answer left. */
  readonly firstDeltasMs: readonly number[];
  /** When each notice left that the caller speaks. */
  readonly speechStartedMs: readonly number[];
}

/** Calls one after another, each hung up as soon as the caller hears something. */
export interface ChurnCalls extends PlaceCalls {
  readonly atOnce: number;
}

/** How that went. */
export interface Churned {
  readonly ended: Readonly<Record<string, number>>;
  readonly setupMs: readonly number[];
}
