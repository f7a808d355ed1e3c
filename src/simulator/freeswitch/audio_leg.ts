import type { CallOptions, CallStats, Faults } from "./call_options.ts";
import type { Channel } from "./channel.ts";
import { FrameQueue } from "./frame_queue.ts";
import type { UnicastTarget } from "./machine.ts";
import type { Paced, Pacer } from "./pacer.ts";

/** Both bytes of the sample are 0xFF (measured). */
const NOTHING_SPOKEN = -1;
/** Two seconds and a half: whoever is later than that proves nothing. */
const MOST_LEAVING = 128;
const FIRST_DATAGRAM_MS = 20;

/** What an audio leg belongs to. */
export interface AudioLegOptions {
  readonly target: UnicastTarget;
  readonly channel: Channel;
  readonly caller: CallOptions;
  readonly stats: CallStats;
  readonly fault: Faults;
  readonly pacer: Pacer;
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
  readonly #socket: Deno.DatagramConn;
  readonly #remote: Deno.NetAddr;
  readonly #queue: FrameQueue;
  readonly #samples: number;
  /** Frames that wait to leave, the oldest first: a send reads its buffer later. */
  readonly #leaving: Int16Array[] = [];
  readonly #free: Int16Array[] = [];
  readonly #frame: Int16Array;
  readonly #frameBytes: Uint8Array;
  readonly #silence: Int16Array;
  readonly #received: Promise<void>;
  #sending = false;
  #paused = false;
  #open = true;

  constructor(options: AudioLegOptions) {
    const { channel, target, nowMs } = options;
    const { rateHz, frameMs } = channel.codec;
    this.#options = options;
    this.intervalMs = frameMs;
    this.dueMs = nowMs + FIRST_DATAGRAM_MS;
    const samples = rateHz * frameMs / 1000;
    this.#samples = samples;
    this.#frame = new Int16Array(samples);
    this.#frameBytes = new Uint8Array(this.#frame.buffer);
    this.#silence = new Int16Array(samples);
    this.#queue = new FrameQueue(this.#frameBytes.length);
    this.#remote = {
      transport: "udp",
      hostname: target.remoteHost,
      port: target.remotePort,
    };
    this.#socket = Deno.listenDatagram({
      transport: "udp",
      hostname: target.localHost,
      port: target.localPort,
    });
    this.#received = this.#receive();
    options.pacer.add(this);
  }

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
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
      this.#socket.close();
    }
    return this.#received;
  }

  #speak(nowMs: number) {
    const { stats, caller, startedMs } = this.#options;
    if (this.#leaving.length >= MOST_LEAVING) {
      stats.unsent++;
      return;
    }
    const spoken = this.#free.pop() ?? new Int16Array(this.#samples);
    const index = stats.framesSent + stats.framesUntaken;
    const spoke = caller.speech?.(spoken, index) ?? false;
    if (!spoke) spoken.fill(NOTHING_SPOKEN);
    if (stats.framesSent === 0) stats.firstSentMs = nowMs - startedMs;
    stats.framesSent++;
    this.#leaving.push(spoken);
    if (!this.#sending) this.#send();
  }

  /** Sends what waits one by one: sends that are begun together leave in any order. */
  async #send() {
    const { stats } = this.#options;
    this.#sending = true;
    while (this.#leaving.length > 0 && this.#open) {
      const [spoken] = this.#leaving;
      try {
        const { buffer } = spoken as Int16Array<ArrayBuffer>;
        await this.#socket.send(new Uint8Array(buffer), this.#remote);
      } catch {
        if (this.#open) stats.sendErrors++;
      }
      this.#leaving.shift();
      this.#free.push(spoken);
    }
    this.#sending = false;
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

  async #receive() {
    const buffer = new Uint8Array(this.#frameBytes.length + 64);
    while (this.#open) {
      try {
        const [datagram] = await this.#socket.receive(buffer);
        this.#options.caller.arrived?.(datagram);
        const offer = this.#queue.offer(datagram);
        if (offer === "lost") this.#options.stats.lost++;
      } catch {
        // Closing interrupts the wait; any other failure ends this leg's hearing.
        return;
      }
    }
  }
}
