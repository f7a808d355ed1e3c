import { isIPv4 } from "node:net";
import { loadLibc } from "../net/libc.ts";
import type { DescriptorRoom } from "../ring/thread_room.ts";
import type { OpenAudioLeg } from "../router/audio_leg.ts";
import type { Log } from "../telemetry/log.ts";
import { openAsyncSocket } from "./async_socket.ts";
import { LegClock } from "./leg_clock.ts";
import { MediaLink } from "./media_link.ts";
import { mediaThreads } from "./media_thread.ts";
import { UnicastLeg } from "./unicast_leg.ts";

/** How datagrams are read: in a thread of their own by system calls, or in the main thread by the runtime. */
export type SocketKind = "poll" | "async";

/** Parts of {@linkcode chooseLegs}. */
export interface LegOptions {
  readonly log: Log;
  /** Has descriptors for the thread when the machine has none left. */
  readonly room?: DescriptorRoom;
  /** How late the media thread came round, in milliseconds. */
  readonly delayed: (delayMs: number) => void;
  /** The media thread has ended, and another is started. */
  readonly restarted: () => void;
}

/** The way that was chosen. */
export interface ChosenLegs {
  readonly kind: SocketKind;
  readonly open: OpenAudioLeg;
  /** Resolves when legs can be opened; rejects when their thread could not be started. */
  readonly started: Promise<void>;
  /** Whether legs can carry audio now. */
  isRunning(): boolean;
  /** Ends all legs, and their thread if they have one; resolves when that has ended. */
  close(): Promise<void>;
}

/**
 * Chooses where the frames of calls pass: `auto` has a thread for them where
 * the C library may be loaded, at a third of the cost and whatever the main
 * thread does meanwhile. Main thread.
 * Throws Error when polling is asked for and cannot be.
 */
export function chooseLegs(
  wanted: SocketKind | "auto",
  options: LegOptions,
): ChosenLegs {
  const clock = new LegClock();
  const openHere: OpenAudioLeg = (leg) =>
    new UnicastLeg({
      ...requireIPv4(leg),
      clock,
      openSocket: openAsyncSocket,
    });
  const libc = wanted === "async" ? undefined : loadLibc();
  if (libc === undefined) {
    if (wanted !== "poll") {
      return {
        kind: "async",
        open: openHere,
        started: Promise.resolve(),
        isRunning: () => true,
        close: () => Promise.resolve(),
      };
    }
    throw new Error(
      "Cannot poll: needs Linux with glibc and the permission flag --allow-ffi for its path, as `deno task start` has it",
    );
  }
  const start = mediaThreads(libc, { room: options.room });
  const media = new MediaLink({ ...options, libc, start });
  return {
    kind: "poll",
    open: (leg) => media.open(requireIPv4(leg)),
    started: media.started,
    isRunning: () => media.running,
    close: () => media.close(),
  };
}

/** FreeSWITCH says `+OK` to others and never sends anything: its core unicast makes IPv4 sockets. */
function requireIPv4<T extends { host: string; peerHost: string }>(leg: T): T {
  for (const host of [leg.host, leg.peerHost]) {
    if (isIPv4(host)) continue;
    throw new RangeError(
      `Cannot carry audio: FreeSWITCH's unicast knows IPv4 alone, got ${host}; let it connect to an IPv4 address of ESL_HOST`,
    );
  }
  return leg;
}
