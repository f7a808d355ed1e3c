import { OverloadError } from "../errors.ts";
import type { Libc } from "../net/libc.ts";
import { bindDatagramSocket } from "../net/bound_socket.ts";
import type { AudioLeg } from "../router/audio_leg.ts";
import type { Log } from "../telemetry/log.ts";
import type { MediaThread, StartMediaThread } from "./media_thread.ts";
import type { FromMedia, ToMedia } from "./protocol.ts";
import { ThreadedLeg } from "./threaded_leg.ts";

/** How often the thread's pulse is felt, in milliseconds. */
const BEAT_MS = 200;
/** A thread that has legs and does not come round for so long is ended, in milliseconds. */
const STILL_MS = 800;
/** One that has just been started may take longer, in milliseconds. */
const START_MS = 30_000;
/** Legs without a thread for so long are given up, in milliseconds: another node may serve their calls. */
const WITHOUT_MS = 3000;
/** A thread that lives no longer than this is followed by another only after a pause, in milliseconds. */
const RESTART_PAUSE_MS = 1000;

/** Parts of a {@linkcode MediaLink}. */
export interface MediaLinkOptions {
  readonly libc: Libc;
  readonly start: StartMediaThread;
  readonly log: Log;
  /** How late the thread came round, in milliseconds. */
  readonly delayed: (delayMs: number) => void;
  /** The thread has ended, and another is started. */
  readonly restarted: () => void;
}

/**
 * The main thread's end of the media thread, with all its legs. A thread that
 * ends or hangs is followed by another, with which the legs go on: they keep
 * their sockets and rings. Main thread.
 */
export class MediaLink {
  #options: MediaLinkOptions;
  #legs = new Map<number, ThreadedLeg>();
  #serials = 0;
  #thread?: MediaThread;
  #startedMs = 0;
  #pulse = setInterval(() => this.#beat(), BEAT_MS);
  #restart?: ReturnType<typeof setTimeout>;
  #beatMs = performance.now();
  #rounds = 0;
  #cameRoundMs = 0;
  #lostMs = 0;
  #closed = false;
  #over = Promise.withResolvers<void>();
  #started = Promise.withResolvers<void>();
  #isUp = false;

  constructor(options: MediaLinkOptions) {
    this.#options = options;
    this.#started.promise.catch(() => {});
    this.#start();
  }

  /** Resolves when the first thread takes legs; rejects when it has ended before. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Whether there is a thread that takes legs. */
  get running(): boolean {
    return this.#isUp;
  }

  /** Legs that are not closed. */
  get size(): number {
    return this.#legs.size;
  }

  /** Opens a leg at an IPv4 address; see {@linkcode OpenAudioLeg}. */
  open(
    { host, peerHost }: { readonly host: string; readonly peerHost: string },
  ): AudioLeg {
    if (this.#closed) throw new OverloadError("The node has no audio any more");
    const { libc } = this.#options;
    const socket = bindDatagramSocket(libc, host);
    const leg = ++this.#serials;
    const opened = new ThreadedLeg({
      leg,
      socket,
      peerHost,
      libc,
      post: (message) => this.#post(message),
      closed: () => this.#legs.delete(leg),
    });
    this.#legs.set(leg, opened);
    return opened;
  }

  /** Ends the thread and all legs; resolves when they have ended. May be called twice. */
  close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#pulse);
    clearTimeout(this.#restart);
    if (this.#thread === undefined) this.#abandonLegs();
    else this.#thread.end();
    return this.#over.promise;
  }

  #start(): void {
    this.#startedMs = performance.now();
    this.#cameRoundMs = this.#startedMs;
    this.#rounds = 0;
    this.#thread = this.#options.start({
      heard: (message) => this.#hear(message),
      ended: (error, how) => this.#follow(error, how),
    });
    for (const leg of this.#legs.values()) leg.moveOn();
  }

  #post(message: ToMedia): void {
    this.#thread?.post(message);
  }

  #hear(message: FromMedia): void {
    if (message.type === "up") {
      this.#isUp = true;
      return this.#started.resolve();
    }
    if (message.type === "failed") {
      const { error } = message;
      this.#options.log.error("A leg has failed", { error });
    }
    this.#legs.get(message.leg)?.hear(message);
  }

  /** Starts another thread in place of one that has ended. */
  #follow(error: unknown, how: "over" | "hangs"): void {
    const atWork = this.#thread?.workMark.current;
    this.#thread = undefined;
    this.#lostMs = performance.now();
    this.#isUp = false;
    this.#started.reject(error);
    for (const [number, leg] of this.#legs) {
      leg.loseThread(error, how, number === atWork);
    }
    if (this.#closed) return this.#abandonLegs();
    const { log, restarted } = this.#options;
    log.error("The media thread has ended and is started again", { error });
    restarted();
    const livedMs = performance.now() - this.#startedMs;
    this.#startIn(Math.max(0, RESTART_PAUSE_MS - livedMs));
  }

  /** Again and again: without a thread all calls are silent. */
  #startIn(pauseMs: number): void {
    this.#restart = setTimeout(() => {
      try {
        this.#start();
      } catch (error) {
        const { log } = this.#options;
        log.error("The media thread could not be started", { error });
        this.#startIn(RESTART_PAUSE_MS);
      }
    }, pauseMs);
  }

  #abandonLegs(): void {
    for (const leg of [...this.#legs.values()]) leg.abandon();
    this.#over.resolve();
  }

  /** What could not be started in time may never be. */
  #noticeWant(nowMs: number): void {
    if (nowMs - this.#lostMs < WITHOUT_MS) return;
    const error = new OverloadError("No media thread could be started");
    for (const leg of [...this.#legs.values()]) leg.fail(error);
  }

  #hasWork(): boolean {
    return this.#legs.values().some((leg) => leg.isLent);
  }

  #beat(): void {
    const nowMs = performance.now();
    // What this thread stood still is not the other's fault.
    const pausedMs = Math.max(0, nowMs - this.#beatMs - BEAT_MS);
    this.#beatMs = nowMs;
    if (this.#thread === undefined) return this.#noticeWant(nowMs);
    const { workMark } = this.#thread;
    this.#options.delayed(workMark.takeLateMs());
    const { rounds } = workMark;
    if (rounds !== this.#rounds || !this.#hasWork()) {
      this.#rounds = rounds;
      this.#cameRoundMs = nowMs;
      return;
    }
    this.#cameRoundMs += pausedMs;
    const mostMs = rounds === 0 ? START_MS : STILL_MS;
    const stillMs = nowMs - this.#cameRoundMs;
    if (stillMs < mostMs) return;
    const error = `It has not come round for ${Math.round(stillMs)} ms`;
    this.#options.log.error("The media thread hangs and is given up", {
      error,
    });
    this.#thread.abandon();
  }
}
