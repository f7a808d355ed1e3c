import type { DoorbellPlace } from "../ring/doorbell.ts";
import type { RingPlace } from "../ring/layout.ts";

/** What a leg needs to carry audio. */
export interface AudioLegStart {
  readonly rings: RingPlace;
  /** Pressed when the uplink has as many frames as the shard wants; undefined while there is no shard. */
  readonly doorbell: DoorbellPlace | undefined;
  readonly rateHz: number;
  readonly frameSamples: number;
  /** FreeSWITCH, which sends also while the caller is silent, has sent nothing for ten seconds; called once. */
  readonly onSilent?: () => void;
  /** A fault of ours has ended it; called once. */
  readonly onFailed?: (error: unknown) => void;
  /** Nothing has come for two seconds; called once a pause. */
  readonly onPaused?: () => void;
}

/** What a leg that carries audio changes to when its shard was replaced; the frames stay as long as they were. */
export type AudioLegRejoin = Pick<AudioLegStart, "rings" | "doorbell">;

/** Frames counted on one leg since it was opened. */
export interface AudioLegCounts {
  readonly uplinkFrames: number;
  /** Frames of the caller that were missing and made up. */
  readonly concealed: number;
  readonly downlinkFrames: number;
  /** Uplink frames for which the ring had no room: the shard was late. */
  readonly uplinkRefused: number;
  /** Frames missing inside speech of the assistant. */
  readonly downlinkMissed: number;
  /** Frames dropped by barge-ins before the caller heard them. */
  readonly downlinkDiscarded: number;
  /** Datagrams of another size than a frame. */
  readonly wrongSize: number;
  /** Datagrams from another address than FreeSWITCH's. */
  readonly foreign: number;
  /** Datagrams beyond the rate of speech. */
  readonly flood: number;
}

/** Counts of a leg that has carried nothing. */
export const NO_COUNTS: AudioLegCounts = {
  uplinkFrames: 0,
  concealed: 0,
  downlinkFrames: 0,
  uplinkRefused: 0,
  downlinkMissed: 0,
  downlinkDiscarded: 0,
  wrongSize: 0,
  foreign: 0,
  flood: 0,
};

/** A call's audio towards FreeSWITCH. */
export interface AudioLeg {
  /** Where FreeSWITCH is to send. */
  readonly port: number;
  readonly counts: AudioLegCounts;
  /** Begins to carry audio; resolves with the first frame. Rejects with a TimeoutError when none comes within `withinMs`, AbortError when closed. */
  start(options: AudioLegStart, withinMs: number): Promise<void>;
  /**
   * Goes on with other rings and another doorbell between two frames; the old
   * rings are not touched any more, and the counts go on. FreeSWITCH notices
   * nothing. Does nothing on a closed leg; throws TypeError before the start.
   */
  rejoin(options: AudioLegRejoin): void;
  /** Ends it; resolves with whether the rings are let go for certain, once the counts change no more. May be called twice. */
  close(): Promise<boolean>;
}

/** Binds a socket for a call; only datagrams from `peerHost` will count. Throws OverloadError when the machine has none left. */
export type OpenAudioLeg = (options: {
  readonly host: string;
  readonly peerHost: string;
}) => AudioLeg;
