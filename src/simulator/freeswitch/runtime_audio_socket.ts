import type {
  Arrival,
  AudioSocket,
  AudioSocketEvents,
  AudioSocketOptions,
} from "./audio_socket.ts";
import { FrameQueue } from "./frame_queue.ts";

/** Two seconds and a half: whoever is later than that proves nothing. */
const MOST_LEAVING = 128;
/** Longer than any frame, so that an oversized one shows as such. */
const RECEIVE_BYTES = 8192;

/** Opens a socket of the runtime's own: works everywhere, with promises for each frame. One thread. */
export function openRuntimeSocket(options: AudioSocketOptions): AudioSocket {
  return new RuntimeAudioSocket(options);
}

/** What is seen as it comes. */
const NOW: Arrival = {
  get timeMs() {
    return performance.now();
  },
  get seenMs() {
    return performance.now();
  },
};

class RuntimeAudioSocket implements AudioSocket {
  readonly #socket: Deno.DatagramConn;
  readonly #remote: Deno.NetAddr;
  readonly #events: AudioSocketEvents;
  readonly #queue: FrameQueue;
  /** Frames that wait to leave, the oldest first: a send reads its buffer later. */
  readonly #leaving: Uint8Array<ArrayBuffer>[] = [];
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #received: Promise<void>;
  #sending = false;
  #open = true;

  constructor({ target, frameBytes, events }: AudioSocketOptions) {
    this.#events = events;
    this.#queue = new FrameQueue(frameBytes);
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
  }

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  get full(): boolean {
    return this.#leaving.length >= MOST_LEAVING;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  take(frame: Uint8Array): number {
    return this.#queue.take(frame);
  }

  clear(): number {
    return this.#queue.clear();
  }

  send(frame: Uint8Array) {
    const own = this.#free.pop() ?? new Uint8Array(frame.length);
    own.set(frame);
    this.#leaving.push(own);
    if (!this.#sending) this.#send();
  }

  close(): Promise<void> {
    if (this.#open) {
      this.#open = false;
      this.#socket.close();
    }
    return this.#received;
  }

  /** Sends what waits one by one: sends that are begun together leave in any order. */
  async #send() {
    this.#sending = true;
    while (this.#leaving.length > 0 && this.#open) {
      const [frame] = this.#leaving;
      try {
        await this.#socket.send(frame, this.#remote);
      } catch {
        if (this.#open) this.#events.failed();
      }
      this.#leaving.shift();
      this.#free.push(frame);
    }
    this.#sending = false;
  }

  async #receive() {
    const buffer = new Uint8Array(RECEIVE_BYTES);
    while (this.#open) {
      try {
        const [datagram] = await this.#socket.receive(buffer);
        this.#events.arrived(datagram, NOW);
        if (this.#queue.offer(datagram) === "lost") this.#events.lost();
      } catch {
        // Closing interrupts the wait; any other failure ends this leg's hearing.
        return;
      }
    }
  }
}
