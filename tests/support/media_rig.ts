import assert from "node:assert/strict";
import { MediaLink } from "../../src/media/media_link.ts";
import {
  mediaThreads,
  type StartMediaThread,
} from "../../src/media/media_thread.ts";
import { socketAddress } from "../../src/net/ipv4_address.ts";
import { loadLibc } from "../../src/net/libc.ts";
import { bindDatagramSocket } from "../../src/net/bound_socket.ts";
import { allocateDoorbell } from "../../src/ring/doorbell.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { patternFrame, readPattern, takeFrame } from "./ring_frames.ts";
import { frameBytes } from "./unicast_rig.ts";

const FRAME_SAMPLES = 160;
const HOST = "127.0.0.1";
const PEER_HOST = "127.0.0.2";
const MSG_DONTWAIT = 0x40;

// Loaded once for the process, as the server does.
const loaded = loadLibc();

/** Why these tests cannot run here; undefined where they can. */
export const WITHOUT_MEDIA_THREAD = loaded === undefined
  ? "no C library may be loaded"
  : undefined;

/** The shard's ends of a call's rings, and what a leg is started with. */
export function callRings() {
  const rings = allocateRings(8000);
  const memory = allocateDoorbell();
  const { uplink, downlink } = ringsOf(rings);
  return {
    start: {
      rings,
      doorbell: { memory, call: 1 },
      rateHz: 8000,
      frameSamples: FRAME_SAMPLES,
    },
    uplink: new FrameConsumer(uplink, FRAME_SAMPLES),
    downlink: new FrameProducer(downlink, FRAME_SAMPLES),
    pressed: () => new Int32Array(memory)[0],
  };
}

/** Gives the caller frames to hear, with these numbers. */
export function say(downlink: FrameProducer, numbers: readonly number[]): void {
  for (const number of numbers) {
    downlink.put(patternFrame(FRAME_SAMPLES, number));
  }
}

/** Takes the numbers of the frames that the caller said; what was made up in between has none. */
export function hear(uplink: FrameConsumer): number[] {
  const heard: number[] = [];
  for (let f = takeFrame(uplink); f; f = takeFrame(uplink)) {
    heard.push(...numberOf(f));
  }
  return heard;
}

/** No number for a frame that is not whole: one made up, or a ramp into silence. */
function numberOf(frame: Int16Array): number[] {
  try {
    return [readPattern(frame)];
  } catch {
    return [];
  }
}

/** FreeSWITCH's end of a leg, by system calls that need no event loop. */
export class PlainPeer implements Disposable {
  #libc = loaded!;
  #socket = bindDatagramSocket(this.#libc, PEER_HOST);
  #to: Uint8Array;
  #buffer = new Uint8Array(2048);

  constructor(port: number) {
    this.#to = socketAddress(HOST, port);
  }

  sendFrame(number: number): void {
    const bytes = frameBytes(number);
    const { fd } = this.#socket;
    const length = BigInt(bytes.length);
    this.#libc.sendto(fd, bytes, length, MSG_DONTWAIT, this.#to, 16);
  }

  /** The numbers of the frames that have come. */
  received(): number[] {
    const numbers: number[] = [];
    const { fd } = this.#socket;
    for (;;) {
      const room = BigInt(this.#buffer.length);
      const length = this.#libc.recv(fd, this.#buffer, room, MSG_DONTWAIT);
      if (length < 0) return numbers;
      assert.equal(length, FRAME_SAMPLES * 2);
      const samples = this.#buffer.slice(0, length).buffer;
      numbers.push(...numberOf(new Int16Array(samples)));
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#socket.fd);
  }
}

/** The media thread with what it tells. */
export class MediaRig implements AsyncDisposable {
  readonly errors: unknown[] = [];
  readonly delays: number[] = [];
  restarts = 0;
  readonly media: MediaLink;

  constructor(
    start: StartMediaThread = mediaThreads(loaded!),
  ) {
    this.media = new MediaLink({
      libc: loaded!,
      start,
      log: {
        ...SILENT_LOG,
        error: (_message: string, fields?: { error?: unknown }) =>
          this.errors.push(fields?.error),
      } as typeof SILENT_LOG,
      delayed: (ms) => this.delays.push(ms),
      restarted: () => this.restarts++,
    });
  }

  /** Opens a leg between the two addresses of these tests. */
  open() {
    return this.media.open({ host: HOST, peerHost: PEER_HOST });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.media.close();
  }
}
