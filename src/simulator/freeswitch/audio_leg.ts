import type {
  AudioSocket,
  OpenAudioSocket,
  UnicastTarget,
} from "./audio_socket.ts";
import type { CallOptions, CallStats, Faults } from "./call_options.ts";
import type { Channel } from "./channel.ts";
import { FrameQueue } from "./frame_queue.ts";
import type { Paced, Pacer } from "./pacer.ts";

/** Both bytes of the sample are 0xFF (measured). */
const NOTHING_SPOKEN = -1;
const FIRST_DATAGRAM_MS = 20;

/** What an audio leg belongs to. */
export interface AudioLegOptions {
  readonly target: UnicastTarget;
  readonly channel: Channel;
  readonly caller: CallOptions;
  readonly stats: CallStats;
  readonly fault: Faults;
  readonly pacer: Pacer;
  readonly open: OpenAudioSocket;
  readonly nowMs: number;
  readonly startedMs: number;
}

/**
 * A call's unicast: one datagram out and one in each frame time, at
 * FreeSWITCH's pace. Whoever sends to its port is heard, as in FreeSWITCH. One
 * thread; throws what the bind throws when the local port is taken.
 */
export class AudioLeg implements Paced {
  readonly intervalMs: number;
  dueMs: number;
  readonly #options: AudioLegOptions;
  readonly #socket: AudioSocket;
  readonly #queue: FrameQueue;
  readonly #spoken: Int16Array;
  readonly #spokenBytes: Uint8Array;
  readonly #frame: Int16Array;
  readonly #frameBytes: Uint8Array;
  readonly #silence: Int16Array;
  #paused = false;
  #open = true;

  constructor(options: AudioLegOptions) {
    const { channel, target, nowMs } = options;
    const { rateHz, frameMs } = channel.codec;
    this.#options = options;
    this.intervalMs = frameMs;
    this.dueMs = nowMs + FIRST_DATAGRAM_MS;
    const samples = rateHz * frameMs / 1000;
    this.#spoken = new Int16Array(samples);
    this.#spokenBytes = new Uint8Array(this.#spoken.buffer);
    this.#frame = new Int16Array(samples);
    this.#frameBytes = new Uint8Array(this.#frame.buffer);
    this.#silence = new Int16Array(samples);
    this.#queue = new FrameQueue(this.#frameBytes.length);
    this.#socket = options.open(target, {
      take: (datagram) => this.#arrive(datagram),
      failed: () => void options.stats.sendErrors++,
    });
    options.pacer.add(this);
  }

  get port(): number {
    return this.#socket.port;
  }

  /** uuid_pause: what arrives is thrown away, frame time by frame time. */
  set paused(paused: boolean) {
    this.#paused = paused;
  }

  tick(nowMs: number) {
    if (this.#options.fault.paused) return;
    if (!this.#options.fault.uplinkSilent) this.#speak(nowMs);
    this.#listen(nowMs);
  }

  /** Nothing is exchanged any more, but the port stays: a playback's effect. */
  lose() {
    this.#options.pacer.remove(this);
  }

  /** May be called twice. */
  close(): Promise<void> {
    if (this.#open) {
      this.#open = false;
      this.#options.pacer.remove(this);
    }
    return this.#socket.close();
  }

  #speak(nowMs: number) {
    const { stats, caller, startedMs } = this.#options;
    if (this.#socket.full) {
      stats.unsent++;
      return;
    }
    const index = stats.framesSent + stats.framesUntaken;
    const spoke = caller.speech?.(this.#spoken, index) ?? false;
    if (!spoke) this.#spoken.fill(NOTHING_SPOKEN);
    if (stats.framesSent === 0) stats.firstSentMs = nowMs - startedMs;
    stats.framesSent++;
    this.#socket.send(this.#spokenBytes);
  }

  #listen(nowMs: number) {
    const { stats, startedMs } = this.#options;
    if (this.#paused) stats.dropped += this.#queue.clear();
    const length = stats.killed ? -1 : this.#queue.take(this.#frameBytes);
    if (length === 0) stats.killed = true;
    if (length <= 0) return this.#idle(nowMs);
    if (length !== this.#frameBytes.length) this.#countWrongSize(length);
    if (stats.framesHeard === 0) stats.firstHeardMs = nowMs - startedMs;
    stats.framesHeard++;
    if (this.#queue.length > stats.longestQueue) {
      stats.longestQueue = this.#queue.length;
    }
    this.#hear(this.#frame, nowMs);
  }

  #idle(nowMs: number) {
    const { stats, channel } = this.#options;
    stats.underruns++;
    const fill = channel.variables.get("send_silence_when_idle");
    if (fill === undefined || fill === "0") return this.#hear(undefined, nowMs);
    stats.silences++;
    this.#hear(this.#silence, nowMs);
  }

  #hear(frame: Int16Array | undefined, nowMs: number) {
    const { stats, caller, startedMs } = this.#options;
    caller.heard?.(
      frame,
      stats.framesHeard + stats.underruns - 1,
      nowMs - startedMs,
    );
  }

  #countWrongSize(length: number) {
    const { stats } = this.#options;
    stats.wrongSize++;
    if (length < this.#frameBytes.length) stats.corrupted++;
    else stats.oversized++;
  }

  #arrive(datagram: Uint8Array) {
    if (!this.#open) return;
    this.#options.caller.arrived?.(datagram);
    const offer = this.#queue.offer(datagram);
    if (offer === "lost") this.#options.stats.lost++;
  }
}
