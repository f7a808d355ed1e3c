import type {
  AudioLeg,
  AudioLegCounts,
  AudioLegRejoin,
  AudioLegStart,
} from "../router/audio_leg.ts";
import type {
  DatagramReceiver,
  DatagramSocket,
  OpenDatagramSocket,
  Source,
} from "../net/datagram_socket.ts";
import { FrameBudget } from "./frame_budget.ts";
import { FrameExchange } from "./frame_exchange.ts";
import type { LegClock } from "./leg_clock.ts";
import { PeerSilence } from "./peer_silence.ts";
import { UplinkTimeline } from "./uplink_timeline.ts";

/** FreeSWITCH, or the kernel after we paused, may catch up by this much, in milliseconds. */
const UPLINK_BURST_MS = 2560;
/** So late may a frame be, in milliseconds, before our clock paces the downlink; and no more is sent at once besides it, for it stands in FreeSWITCH's queue, where no barge-in reaches it. */
const JITTER_MS = 40;
/** More than this our clock does not catch up, in milliseconds. */
const MOST_BEHIND_MS = 1000;
/** A source that has sent no more than this may be a late packet of an earlier call. */
const DOUBTFUL_FRAMES = 2;

/** Parts of a {@linkcode UnicastLeg}. */
export interface UnicastLegOptions {
  /** Address to bind, which FreeSWITCH sends to. */
  readonly host: string;
  /** FreeSWITCH's address; datagrams of any other are dropped. */
  readonly peerHost: string;
  /** Tells the leg the time by {@linkcode UnicastLeg.tick}, from the first frame on. */
  readonly clock: Pick<LegClock, "add" | "remove">;
  readonly openSocket: OpenDatagramSocket;
  /** Monotonic, in milliseconds; asked for each datagram. */
  readonly now?: () => number;
}

/** What a {@linkcode UnicastLeg} needs to carry audio, and whom it tells of the first frame. */
export interface UnicastLegStart extends AudioLegStart {
  readonly onFirst?: () => void;
}

/**
 * A call's audio by FreeSWITCH's core unicast: one UDP socket, one datagram a
 * frame, L16 little-endian without a header. FreeSWITCH's clock paces both
 * directions: each datagram received is answered with at most one. One thread.
 */
export class UnicastLeg implements AudioLeg, DatagramReceiver {
  #socket: DatagramSocket;
  #options: UnicastLegOptions;
  #now: () => number;
  #exchange?: FrameExchange;
  #timeline?: UplinkTimeline;
  #uplinkBudget?: FrameBudget;
  #downlinkBudget?: FrameBudget;
  #peer?: Source;
  #peerFrames = 0;
  #first = Promise.withResolvers<void>();
  #timer?: ReturnType<typeof setTimeout>;
  #closed = false;
  /** When FreeSWITCH's newest frame came. */
  #heardMs = 0;
  /** When the downlink was paced last, by it or in its place. */
  #pacedMs = 0;
  #restsUntilMs = 0;
  #silence = new PeerSilence();
  #onFirst?: () => void;
  #onSilent?: () => void;
  #onPaused?: () => void;
  #uplinkFrames = 0;
  #wrongSize = 0;
  #foreign = 0;
  #flood = 0;

  /** Throws OverloadError when no socket can be had, TypeError or Deno's error for an address that is not ours. */
  constructor(options: UnicastLegOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#socket = options.openSocket(options.host, this);
    // A leg that is closed before it is started has nobody who waits.
    this.#first.promise.catch(() => {});
  }

  get port(): number {
    return this.#socket.port;
  }

  get counts(): AudioLegCounts {
    const exchange = this.#exchange;
    return {
      uplinkFrames: this.#uplinkFrames,
      concealed: this.#timeline?.concealedFrames ?? 0,
      downlinkFrames: exchange?.downlinkFrames ?? 0,
      uplinkRefused: exchange?.refusedFrames ?? 0,
      downlinkMissed: exchange?.missedFrames ?? 0,
      downlinkDiscarded: exchange?.discardedFrames ?? 0,
      wrongSize: this.#wrongSize,
      foreign: this.#foreign,
      flood: this.#flood,
    };
  }

  start(options: UnicastLegStart, withinMs: number): Promise<void> {
    if (this.#exchange !== undefined || this.#closed) {
      throw new TypeError("Cannot start a leg: it was started or closed");
    }
    const exchange = this.#exchange = new FrameExchange(options);
    this.#timeline = new UplinkTimeline(exchange, exchange);
    this.#onFirst = options.onFirst;
    this.#onSilent = options.onSilent;
    this.#onPaused = options.onPaused;
    this.#setBudgets(exchange.frameMs);
    if (Number.isFinite(withinMs)) {
      this.#timer = setTimeout(
        () => this.#first.reject(noAudio(withinMs)),
        withinMs,
      );
    }
    return this.#first.promise;
  }

  rejoin(options: AudioLegRejoin): void {
    if (this.#closed) return;
    if (this.#exchange === undefined) {
      throw new TypeError("Cannot rejoin a leg: it was not started");
    }
    this.#exchange.rejoin(options);
  }

  /** Until then {@linkcode UnicastLeg.tick} has nothing to do, on the clock that datagrams come by: who asks all legs as often as each has a frame need not tell it the time. */
  get restsUntilMs(): number {
    return this.#restsUntilMs;
  }

  /** Goes on by our clock while the uplink is silent; see {@linkcode LegClock}. */
  tick(nowMs: number, sinceMs: number): void {
    const exchange = this.#exchange;
    const peer = this.#peer;
    if (exchange === undefined || peer === undefined) return;
    if (this.#timeline?.tick(nowMs, sinceMs)) exchange.ring();
    const heardMs = this.#heardMs;
    const silence = this.#silence.tick({ nowMs, sinceMs, heardMs });
    const silentAfterMs = exchange.frameMs + JITTER_MS;
    if (nowMs - this.#pacedMs < silentAfterMs) return;
    this.#pacedMs = Math.max(this.#pacedMs, nowMs - MOST_BEHIND_MS);
    while (nowMs - this.#pacedMs >= silentAfterMs) {
      this.#pacedMs += exchange.frameMs;
      this.#answer(peer, nowMs);
    }
    exchange.ring();
    if (silence === "paused") this.#onPaused?.();
    if (silence === "gone") this.#onSilent?.();
  }

  close(): Promise<boolean> {
    if (!this.#closed) this.#letGo();
    return Promise.resolve(true);
  }

  #letGo(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#options.clock.remove(this);
    this.#first.reject(new DOMException("The leg was closed", "AbortError"));
    this.#socket.close();
  }

  /** Takes a frame of the caller, and answers it. */
  receive(datagram: Uint8Array, from: Source): void {
    const exchange = this.#exchange;
    const timeline = this.#timeline;
    if (exchange === undefined || timeline === undefined) return;
    if (this.#closed) return;
    if (!this.#isPeer(from)) {
      this.#foreign++;
      return;
    }
    if (datagram.length !== exchange.frameBytes) {
      this.#wrongSize++;
      return;
    }
    const nowMs = this.#now();
    if (!this.#uplinkBudget?.spend(nowMs)) {
      this.#flood++;
      return;
    }
    this.#heardMs = this.#pacedMs = nowMs;
    this.#pin(from);
    this.#uplinkFrames++;
    timeline.arrive(datagram, nowMs);
    const silentAfterMs = exchange.frameMs + JITTER_MS;
    this.#restsUntilMs = nowMs + Math.min(timeline.restsMs, silentAfterMs);
    this.#answer(from, nowMs);
    exchange.ring();
  }

  #setBudgets(frameMs: number): void {
    const nowMs = this.#now();
    const uplink = { most: UPLINK_BURST_MS / frameMs, frameMs };
    const downlink = { most: 1 + JITTER_MS / frameMs, frameMs };
    this.#uplinkBudget = new FrameBudget(uplink, nowMs);
    this.#downlinkBudget = new FrameBudget(downlink, nowMs);
  }

  #isPeer(from: Source): boolean {
    if (from === this.#peer) return true;
    if (from.host !== this.#options.peerHost) return false;
    if (this.#peer === undefined || from.port === this.#peer.port) return true;
    return this.#peerFrames <= DOUBTFUL_FRAMES;
  }

  #pin(from: Source): void {
    if (from === this.#peer) {
      // Whoever has sent so much is the right one: then the system needs to look up nothing for a frame.
      if (++this.#peerFrames === DOUBTFUL_FRAMES + 1) this.#socket.settle(from);
      return;
    }
    if (this.#peer === undefined) {
      clearTimeout(this.#timer);
      this.#first.resolve();
      this.#options.clock.add(this);
      this.#onFirst?.();
    }
    // Counted by source: who took over by a late packet must not keep the right one out.
    this.#peerFrames = from.port === this.#peer?.port
      ? this.#peerFrames + 1
      : 1;
    this.#peer = from;
  }

  #answer(to: Source, nowMs: number): void {
    // By the time it is, not by that of the frame: a leg that catches up must not fill FreeSWITCH's queue.
    if (!this.#downlinkBudget?.spend(nowMs)) return;
    const frame = this.#exchange?.take();
    if (frame === undefined) return;
    this.#socket.send(frame, to);
  }
}

/** What {@linkcode AudioLeg.start} rejects with when no frame comes. */
export function noAudio(withinMs: number): DOMException {
  return new DOMException(
    `No audio came within ${withinMs} ms`,
    "TimeoutError",
  );
}
