import type { Libc } from "../net/libc.ts";
import { type BoundSocket, dropDatagrams } from "../net/bound_socket.ts";
import {
  type AudioLeg,
  type AudioLegCounts,
  type AudioLegRejoin,
  type AudioLegStart,
  NO_COUNTS,
} from "../router/audio_leg.ts";
import type { FromMedia, LegAudio, ToMedia } from "./protocol.ts";
import { allocateCounts, SharedCounts } from "./shared_counts.ts";
import { GONE_AFTER_MS, PAUSED_AFTER_MS } from "./peer_silence.ts";
import { noAudio } from "./unicast_leg.ts";

/** A leg over which so many threads have died is ended alone. */
const MOST_DEATHS = 2;

/** Parts of a {@linkcode ThreadedLeg}. */
export interface ThreadedLegOptions {
  /** Its number in the media thread. */
  readonly leg: number;
  readonly socket: BoundSocket;
  readonly peerHost: string;
  readonly libc: Libc;
  readonly post: (message: ToMedia) => void;
  /** It is over, and its socket is closed. */
  readonly closed: () => void;
}

/**
 * A leg whose frames pass in the media thread, as its call holds it. It owns
 * the socket, and lends it and the rings to that thread: a thread that has died
 * is followed by another, which goes on with both. Main thread.
 */
export class ThreadedLeg implements AudioLeg {
  #options: ThreadedLegOptions;
  #state: "bound" | "started" | "failed" | "closing" | "closed" = "bound";
  #start?: AudioLegStart;
  #audio?: LegAudio;
  #memory = allocateCounts();
  #counts = new SharedCounts(this.#memory);
  /** What threads before this one have counted. */
  #former = NO_COUNTS;
  #first = Promise.withResolvers<void>();
  #letGo = Promise.withResolvers<boolean>();
  #hadAudio = false;
  /** Threads that have died over it. */
  #deaths = 0;
  /** What had the rings may come back and touch them. */
  #isHaunted = false;
  #timer?: ReturnType<typeof setTimeout>;

  constructor(options: ThreadedLegOptions) {
    this.#options = options;
    this.#first.promise.catch(() => {});
  }

  get port(): number {
    return this.#options.socket.port;
  }

  get counts(): AudioLegCounts {
    return this.#counts.readOnto(this.#former);
  }

  start(start: AudioLegStart, withinMs: number): Promise<void> {
    if (this.#state !== "bound") {
      throw new TypeError("Cannot start a leg: it was started or closed");
    }
    this.#state = "started";
    this.#start = start;
    const { rings, doorbell, rateHz, frameSamples } = start;
    this.#audio = { rings, doorbell, rateHz, frameSamples };
    // Late packets of an earlier call on this port.
    dropDatagrams(this.#options.libc, this.#options.socket.fd);
    this.#postStart();
    this.#timer = setTimeout(
      () => this.#first.reject(noAudio(withinMs)),
      withinMs,
    );
    return this.#first.promise;
  }

  rejoin(options: AudioLegRejoin): void {
    if (this.#state === "bound") {
      throw new TypeError("Cannot rejoin a leg: it was not started");
    }
    if (this.#state !== "started") return;
    const { rings, doorbell } = options;
    this.#audio = { ...this.#audio!, rings, doorbell };
    const { leg, post } = this.#options;
    post({ type: "rejoin", leg, rings, doorbell });
  }

  close(): Promise<boolean> {
    const { leg, post } = this.#options;
    clearTimeout(this.#timer);
    if (this.#state === "bound" || this.#state === "failed") this.#finish();
    else if (this.#state === "started") {
      this.#state = "closing";
      post({ type: "close", leg });
    }
    this.#first.reject(new DOMException("The leg was closed", "AbortError"));
    return this.#letGo.promise;
  }

  /** Takes what the media thread tells of it. */
  hear(message: FromMedia): void {
    if (message.type === "closed") return this.#finish();
    if (this.#state !== "started") return;
    if (message.type === "first") {
      clearTimeout(this.#timer);
      this.#hadAudio = true;
      this.#first.resolve();
    }
    if (message.type === "silent") this.#start?.onSilent?.();
    else if (message.type === "paused") this.#start?.onPaused?.();
    else if (message.type === "failed") this.#start?.onFailed?.(message.error);
  }

  /** Whether the media thread has it. */
  get isLent(): boolean {
    return this.#state === "started" || this.#state === "closing";
  }

  /** Its thread has ended, and perhaps over it. */
  loseThread(error: unknown, how: "over" | "hangs", atWork: boolean): void {
    if (!this.isLent) return;
    this.#isHaunted ||= how === "hangs";
    if (this.#state === "closing") return this.#finish();
    if (atWork) this.#deaths++;
    if (this.#deaths >= MOST_DEATHS) this.fail(error);
  }

  /** Is over, and to be closed by its call. */
  fail(error: unknown): void {
    if (this.#state !== "started") return;
    this.#state = "failed";
    this.#start?.onFailed?.(error);
  }

  /** Goes on with another thread. */
  moveOn(): void {
    if (this.#state === "closing") this.#finish();
    if (this.#state !== "started") return;
    this.#former = this.counts;
    this.#memory = allocateCounts();
    this.#counts = new SharedCounts(this.#memory);
    this.#postStart();
    if (this.#hadAudio) this.#awaitAudio();
  }

  /** There will be no other thread. */
  abandon(): void {
    if (this.#state !== "closed") this.#finish();
  }

  /** The new thread has not heard FreeSWITCH yet, and does not miss it. */
  #awaitAudio(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#start?.onPaused?.();
      this.#timer = setTimeout(
        () => this.#start?.onSilent?.(),
        GONE_AFTER_MS - PAUSED_AFTER_MS,
      );
    }, PAUSED_AFTER_MS);
  }

  #postStart(): void {
    const { leg, socket, peerHost, post } = this.#options;
    const audio = this.#audio!;
    const counts = this.#memory;
    post({ type: "start", leg, socket, peerHost, counts, audio });
  }

  #finish(): void {
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#first.reject(new DOMException("The leg was closed", "AbortError"));
    const { libc, socket, closed } = this.#options;
    // Its number stays taken, lest what comes back meets another's.
    if (!this.#isHaunted) libc.close(socket.fd);
    closed();
    this.#letGo.resolve(!this.#isHaunted);
  }
}
