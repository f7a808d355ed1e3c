import type { FrameCounts } from "./frame_counts.ts";
import type { Profile } from "./profile.ts";
import type { Quantiles } from "./statistics.ts";

/** CPU of a process during the measurement, in cores. */
export interface Cores {
  readonly all: number;
  readonly main: number;
  /** Of the thread through which datagrams pass; 0 where there is none. */
  readonly media: number;
  readonly workers: readonly number[];
}

/** How well the measuring processes kept their time. */
export interface Lateness {
  /** Share of the callers' frame times that were more than 10 ms late. */
  readonly lateTicks: number;
  /** The callers' frame times that were given up. */
  readonly skippedTicks: number;
  /** Share of the model's wake-ups that were more than 10 ms late. */
  readonly lateWakes: number;
  /** Largest error of the comparison of two processes' clocks. */
  readonly clockErrorMs: number;
}

/** What one number of calls on one number of shards gave. */
export interface Measured {
  readonly setup: Quantiles;
  readonly setupsPerSecond: number;
  readonly answered: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly endedEarly: Readonly<Record<string, number>>;
  readonly uplinkMs: Quantiles;
  /** Timed frames of the callers that no session heard. */
  readonly unheardMarks: number;
  readonly downlinkMs: Quantiles;
  readonly uplinkFrames: FrameCounts;
  readonly downlinkFrames: FrameCounts;
  /** As FreeSWITCH sees it: frame times without a frame inside an answer. */
  readonly underrunFrames: number;
  /** The same where the simulated FreeSWITCH itself was late; no limit counts them. */
  readonly hurriedUnderrunFrames: number;
  /** By the server's own counter, over the whole life of the calls. */
  readonly serverUnderrunFrames: number;
  /** Underruns before the measurement, while the load was built up. */
  readonly earlyUnderrunFrames: number;
  readonly bargeInMs?: Quantiles;
  readonly serverBargeInP95Ms?: number;
  readonly server: Cores;
  readonly callers: Cores;
  readonly model: Cores;
  /** Share of all processors of the machine that was busy. */
  readonly machineBusy: number;
  /** Share of all processors that the host of a virtual machine gave to others; the machine stands still meanwhile. */
  readonly stolen: number;
  /** Share of all processors that neither the server nor the measuring processes used; the kernel's own work counts here. */
  readonly othersBusy: number;
  readonly cpuPerCallCores: number;
  readonly idleBytes: number;
  readonly loadedBytes: number;
  readonly emptiedBytes: number;
  readonly bytesPerCall: number;
  readonly filesLeft: number;
  readonly lateness: Lateness;
  readonly violations: readonly string[];
  readonly modelErrors: number;
  /** Warnings and errors in the server's log since its start, by their message. */
  readonly serverWarnings: Readonly<Record<string, number>>;
}

/** Place of a cell in the sweep. */
export interface CellPlace {
  readonly shards: number;
  readonly calls: number;
  readonly profile: Profile;
  readonly rateHz: number;
  /** From 1; the second load of one server process is 2. */
  readonly round: number;
}

/**
 * `met`: within the limits; `failed`: not; `rejected`: the measuring processes
 * could not keep up, so it says nothing of the server; `broken`: no result.
 */
export interface CellResult extends CellPlace {
  readonly state: "met" | "failed" | "rejected" | "broken";
  /** What was not met, what was too busy, or what broke; the worst first. */
  readonly reasons: readonly string[];
  readonly measured?: Measured;
}
