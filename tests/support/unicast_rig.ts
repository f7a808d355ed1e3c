import { openAsyncSocket } from "../../src/media/async_socket.ts";
import { LegClock } from "../../src/media/leg_clock.ts";
import { UnicastLeg } from "../../src/media/unicast_leg.ts";
import { allocateDoorbell } from "../../src/ring/doorbell.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import {
  allocateRings,
  type RingPlace,
  ringsOf,
} from "../../src/ring/layout.ts";
import { FakeTimers, settle, until } from "./fake_timers.ts";
import {
  fillPattern,
  patternFrame,
  readPattern,
  takeFrame,
} from "./ring_frames.ts";

/** Address of FreeSWITCH in these tests. */
export const PEER_HOST = "127.0.0.2";
const RATE_HZ = 8000;
const FRAME_MS = 20;

/** A socket that plays FreeSWITCH, or somebody who should not be heard. */
export class UnicastPeer {
  /** Datagrams that came, the oldest first. */
  readonly received: Uint8Array[] = [];
  #socket: Deno.DatagramConn;
  #legPort: number;
  #frameSamples: number;
  #marks = 0;

  constructor(
    legPort: number,
    { host = PEER_HOST, frameSamples = RATE_HZ * FRAME_MS / 1000 } = {},
  ) {
    this.#legPort = legPort;
    this.#frameSamples = frameSamples;
    this.#socket = Deno.listenDatagram({
      hostname: host,
      port: 0,
      transport: "udp",
    });
    this.#collect();
  }

  /** Sends bytes to the leg. */
  async send(bytes: Uint8Array): Promise<void> {
    const hostname = "127.0.0.1";
    const port = this.#legPort;
    await this.#socket.send(bytes, { transport: "udp", hostname, port });
  }

  /** Sends the frame of this number. */
  async sendFrame(index: number): Promise<void> {
    await this.send(frameBytes(index, this.#frameSamples));
  }

  /** Resolves when everything that was on its way has been received. */
  async drained(): Promise<void> {
    for (let i = 0; i < 3; i++) await settle();
    const mark = this.#marks + 1;
    await this.#socket.send(new Uint8Array(1), this.#socket.addr);
    await until(() => this.#marks === mark);
  }

  close(): void {
    this.#socket.close();
  }

  async #collect(): Promise<void> {
    try {
      for await (const [bytes] of this.#socket) {
        if (bytes.length === 1) this.#marks++;
        else this.received.push(bytes);
      }
    } catch {
      // Closing the socket ends the wait.
    }
  }
}

/** A leg between a peer on a real socket and the shard's ends of its rings; time is fake. */
export class UnicastRig implements Disposable {
  readonly timers = new FakeTimers();
  readonly clock = new LegClock();
  readonly leg = new UnicastLeg({
    host: "127.0.0.1",
    peerHost: PEER_HOST,
    clock: this.clock,
    openSocket: openAsyncSocket,
  });
  readonly peer: UnicastPeer;
  readonly rings: RingPlace;
  /** What the caller said, as the shard sees it. */
  readonly uplink: FrameConsumer;
  /** What the caller is to hear. */
  readonly downlink: FrameProducer;
  readonly started: Promise<void>;
  /** How often the leg said that FreeSWITCH is gone. */
  silences = 0;
  #doorbell = allocateDoorbell();
  #others: UnicastPeer[] = [];
  #frameMs: number;

  constructor({ rateHz = RATE_HZ, frameMs = FRAME_MS } = {}) {
    const frameSamples = rateHz * frameMs / 1000;
    this.#frameMs = frameMs;
    this.peer = new UnicastPeer(this.leg.port, { frameSamples });
    this.rings = allocateRings(rateHz);
    const { uplink, downlink } = ringsOf(this.rings);
    this.uplink = new FrameConsumer(uplink, frameSamples);
    this.downlink = new FrameProducer(downlink, frameSamples);
    const doorbell = { memory: this.#doorbell, call: 1 };
    const format = { rateHz, frameSamples };
    this.started = this.leg.start(
      {
        rings: this.rings,
        doorbell,
        ...format,
        onSilent: () => this.silences++,
      },
      2000,
    );
    this.started.catch(() => {});
  }

  /** How often the shard was told that there is something to do. */
  get pressed(): number {
    return new Int32Array(this.#doorbell)[0];
  }

  /** Another socket that sends to the leg. */
  stranger(host = PEER_HOST): UnicastPeer {
    const other = new UnicastPeer(this.leg.port, { host });
    this.#others.push(other);
    return other;
  }

  /** Lets a frame's time pass and has the peer send one, `count` times. */
  async speak(count: number, peer = this.peer): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.timers.pass(this.#frameMs);
      const before = this.leg.counts.uplinkFrames;
      await peer.sendFrame(before);
      await until(() => this.leg.counts.uplinkFrames > before);
    }
  }

  /** Gives the caller frames to hear; returns how many found room. */
  say(count: number): number {
    for (let said = 0; said < count; said++) {
      const { writeIndex } = this.downlink;
      const frame = patternFrame(this.downlink.frameSamples, writeIndex);
      if (!this.downlink.put(frame)) return said;
    }
    return count;
  }

  /** Lets time pass while the shard keeps the downlink full, a look each 20 ms. */
  async sayFor(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 20) {
      this.say(this.downlink.capacityFrames);
      await this.timers.pass(Math.min(20, ms - passed));
    }
  }

  /** Takes the frames that the caller said. */
  hear(): number[] {
    const heard: number[] = [];
    for (let f = takeFrame(this.uplink); f; f = takeFrame(this.uplink)) {
      heard.push(readPattern(f));
    }
    return heard;
  }

  [Symbol.dispose](): void {
    this.leg.close();
    this.peer.close();
    for (const other of this.#others) other.close();
    this.timers[Symbol.dispose]();
  }
}

/** The datagram of a frame. */
export function frameBytes(
  index: number,
  frameSamples = RATE_HZ * FRAME_MS / 1000,
): Uint8Array {
  const frame = new Int16Array(frameSamples);
  fillPattern(frame, index);
  return new Uint8Array(frame.buffer);
}

/** The numbers of the frames in datagrams. */
export function frameNumbers(datagrams: readonly Uint8Array[]): number[] {
  return datagrams.map((bytes) =>
    readPattern(new Int16Array(bytes.slice().buffer))
  );
}
