import type {
  AudioSocket,
  OpenAudioSocket,
  UnicastTarget,
} from "./audio_socket.ts";
import type { CallOptions, CallStats, Faults } from "./call_options.ts";
import type { Channel } from "./channel.ts";
import type { Paced, Pacer } from "./pacer.ts";

/** Both bytes of the sample are 0xFF (measured). */
const NOTHING_SPOKEN = -1;
const FIRST_DATAGRAM_MS = 20;

/**
 * What all legs of one frame size speak and hear through, one after the other:
 * with a thousand of them, buffers of their own would be cold in every frame time.
 */
interface Frames {
  readonly spoken: Int16Array;
  readonly spokenBytes: Uint8Array;
  readonly heard: Int16Array;
  readonly heardBytes: Uint8Array;
  readonly silence: Int16Array;
}

const FRAMES = new Map<number, Frames>();

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
  readonly #frames: Frames;
  #paused = false;
  #open = true;

  constructor(options: AudioLegOptions) {
    const { channel, target, nowMs } = options;
    const { rateHz, frameMs } = channel.codec;
    this.#options = options;
    this.intervalMs = frameMs;
    this.dueMs = nowMs + FIRST_DATAGRAM_MS;
    this.#frames = framesOf(rateHz * frameMs / 1000);
    this.#socket = options.open({
      target,
      frameBytes: this.#frames.heardBytes.length,
      events: {
        arrived: (datagram, arrival) =>
          options.caller.arrived?.(datagram, arrival),
        lost: () => void options.stats.lost++,
        failed: () => void options.stats.sendErrors++,
      },
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
    const { spoken, spokenBytes } = this.#frames;
    const spoke = caller.speech?.(spoken, index) ?? false;
    if (!spoke) spoken.fill(NOTHING_SPOKEN);
    if (stats.framesSent === 0) stats.firstSentMs = nowMs - startedMs;
    stats.framesSent++;
    this.#socket.send(spokenBytes);
  }

  #listen(nowMs: number) {
    const { stats, startedMs } = this.#options;
    const { heard, heardBytes } = this.#frames;
    if (this.#paused) stats.dropped += this.#socket.clear(nowMs);
    const length = stats.killed ? -1 : this.#socket.take(heardBytes, nowMs);
    if (length === 0) stats.killed = true;
    if (length <= 0) return this.#idle(nowMs);
    if (length !== heardBytes.length) this.#countWrongSize(length);
    if (stats.framesHeard === 0) stats.firstHeardMs = nowMs - startedMs;
    stats.framesHeard++;
    const { waiting } = this.#socket;
    if (waiting > stats.longestQueue) stats.longestQueue = waiting;
    this.#hear(heard, nowMs);
  }

  #idle(nowMs: number) {
    const { stats, channel } = this.#options;
    stats.underruns++;
    const fill = channel.variables.get("send_silence_when_idle");
    if (fill === undefined || fill === "0") return this.#hear(undefined, nowMs);
    stats.silences++;
    this.#hear(this.#frames.silence, nowMs);
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
    if (length < this.#frames.heardBytes.length) stats.corrupted++;
    else stats.oversized++;
  }
}

function framesOf(samples: number): Frames {
  const known = FRAMES.get(samples);
  if (known !== undefined) return known;
  const spoken = new Int16Array(samples), heard = new Int16Array(samples);
  const frames = {
    spoken,
    spokenBytes: new Uint8Array(spoken.buffer),
    heard,
    heardBytes: new Uint8Array(heard.buffer),
    silence: new Int16Array(samples),
  };
  FRAMES.set(samples, frames);
  return frames;
}
