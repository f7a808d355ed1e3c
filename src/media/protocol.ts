import type { BoundSocket } from "../net/bound_socket.ts";
import type { AudioLegRejoin, AudioLegStart } from "../router/audio_leg.ts";

/** What the media thread gets when it is started. */
export interface MediaMemory {
  readonly mail: SharedArrayBuffer;
  readonly workMark: SharedArrayBuffer;
  readonly descriptors: SharedArrayBuffer;
}

/** Where a leg's audio passes, and in what pieces. */
export interface LegAudio
  extends AudioLegRejoin, Pick<AudioLegStart, "rateHz" | "frameSamples"> {}

/** What the main thread tells the media thread; legs have numbers that are not used again. */
export type ToMedia =
  | {
    readonly type: "start";
    readonly leg: number;
    /** Bound by the main thread, and closed by it once the leg is closed. */
    readonly socket: BoundSocket;
    readonly peerHost: string;
    /** Where the leg's counts are left. */
    readonly counts: SharedArrayBuffer;
    readonly audio: LegAudio;
  }
  | ({ readonly type: "rejoin"; readonly leg: number } & AudioLegRejoin)
  | { readonly type: "close"; readonly leg: number };

/** What the media thread tells. */
export type FromMedia =
  /** The thread takes legs. */
  | { readonly type: "up" }
  | { readonly type: "first" | "silent" | "paused"; readonly leg: number }
  /** The leg is over by a fault of ours, and is still to be closed. */
  | { readonly type: "failed"; readonly leg: number; readonly error: string }
  /** Socket and rings are let go, and the counts change no more. */
  | { readonly type: "closed"; readonly leg: number };
