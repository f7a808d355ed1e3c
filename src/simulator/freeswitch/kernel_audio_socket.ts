import { isIPv4 } from "node:net";
import {
  ADDRESS_BYTES,
  AF_INET,
  portOf,
  socketAddress,
} from "../../net/ipv4_address.ts";
import type {
  Arrival,
  AudioSocket,
  AudioSocketOptions,
  OpenAudioSocket,
} from "./audio_socket.ts";
import { openRuntimeSocket } from "./runtime_audio_socket.ts";
import { loadUdpCalls, type UdpCalls } from "./udp_calls.ts";

// Numbers of Linux's system call interface.
const SOCK_DGRAM = 0o2004002; // SOCK_DGRAM, SOCK_NONBLOCK, SOCK_CLOEXEC
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SEND_FLAGS = 0x40; // MSG_DONTWAIT
const RECEIVE_FLAGS = 0x60; // MSG_DONTWAIT, MSG_TRUNC: the length is the whole datagram's
const SIOCGSTAMPNS = 0x8907n;
const CLOCK_REALTIME = 0;
/** The kernel doubles it, which gives the default of the machines that FreeSWITCH was measured on. */
const RECEIVE_BUFFER_BYTES = 106_496;
const TIMESPEC_BYTES = 16;
const SIZES = new Map<number, bigint>();

/**
 * How to open audio sockets by system calls of our own that are read at their
 * frame time only, as FreeSWITCH reads its own: what waits stands in the
 * kernel's buffer, which notes when it came. For a machine with a thousand
 * callers; undefined where the C library may not be loaded. One thread.
 */
export function createKernelAudio(): OpenAudioSocket | undefined {
  const calls = loadUdpCalls();
  if (calls === undefined) return undefined;
  return (options) => {
    const { localHost, remoteHost } = options.target;
    return isIPv4(localHost) && isIPv4(remoteHost)
      ? new KernelAudioSocket(calls, options)
      : openRuntimeSocket(options);
  };
}

class KernelAudioSocket implements AudioSocket, Arrival {
  readonly port: number;
  /** What is sent has left. */
  readonly full = false;
  /** The kernel does not tell. */
  readonly waiting = 0;
  readonly #calls: UdpCalls;
  readonly #options: AudioSocketOptions;
  readonly #fd: number;
  readonly #remote: Uint8Array;
  readonly #sizeBytes: bigint;
  #open = true;

  constructor(calls: UdpCalls, options: AudioSocketOptions) {
    const { target, frameBytes } = options;
    this.#calls = calls;
    this.#options = options;
    this.#remote = socketAddress(target.remoteHost, target.remotePort);
    this.#sizeBytes = sizeOf(frameBytes);
    this.#fd = bind(calls, target);
    const address = new Uint8Array(ADDRESS_BYTES);
    calls.getsockname(this.#fd, address, Uint32Array.of(ADDRESS_BYTES));
    this.port = portOf(address);
  }

  get seenMs(): number {
    return TAKEN_MS[0];
  }

  /** Of the datagram that was taken last. */
  get timeMs(): number {
    const nowMs = performance.now();
    if (this.#calls.ioctl(this.#fd, SIOCGSTAMPNS, STAMP.bytes) !== 0) {
      return nowMs;
    }
    this.#calls.clock_gettime(CLOCK_REALTIME, WALL.bytes);
    const agoMs = (WALL.words[0] - STAMP.words[0]) * 1000 +
      (WALL.words[2] - STAMP.words[2]) / 1e6;
    // The wall clock may have been set meanwhile.
    return nowMs - Math.max(0, agoMs);
  }

  send(frame: Uint8Array) {
    if (!this.#open) return;
    const sent = this.#calls.sendto(
      this.#fd,
      frame,
      this.#sizeBytes,
      SEND_FLAGS,
      this.#remote,
      ADDRESS_BYTES,
    );
    if (sent !== frame.length) this.#options.events.failed();
  }

  take(frame: Uint8Array, nowMs: number): number {
    if (!this.#open) return -1;
    const length = this.#calls.recv(
      this.#fd,
      frame,
      this.#sizeBytes,
      RECEIVE_FLAGS,
    );
    if (length < 0) return -1;
    TAKEN_MS[0] = nowMs;
    const datagram = length < frame.length ? frame.subarray(0, length) : frame;
    this.#options.events.arrived(datagram, this);
    return length;
  }

  clear(nowMs: number): number {
    const frame = new Uint8Array(this.#options.frameBytes);
    let count = 0;
    while (this.take(frame, nowMs) >= 0) count++;
    return count;
  }

  close(): Promise<void> {
    if (this.#open) this.#calls.close(this.#fd);
    this.#open = false;
    return Promise.resolve();
  }
}

/** A `struct timespec`, of which the lower halves of both words say enough. */
class Timespec {
  readonly bytes = new Uint8Array(TIMESPEC_BYTES);
  readonly words = new Uint32Array(this.bytes.buffer);
}

/** Of the datagram that was taken last, by whatever leg: it is told at once. */
const TAKEN_MS = new Float64Array(1);
const STAMP = new Timespec();
const WALL = new Timespec();

/** One number for all legs of one size, so that it is at hand. */
function sizeOf(lengthBytes: number): bigint {
  const size = SIZES.get(lengthBytes) ?? BigInt(lengthBytes);
  SIZES.set(lengthBytes, size);
  return size;
}

function bind(calls: UdpCalls, target: AudioSocketOptions["target"]): number {
  const { localHost, localPort } = target;
  const fd = calls.socket(AF_INET, SOCK_DGRAM, 0);
  const address = socketAddress(localHost, localPort);
  if (fd < 0 || calls.bind(fd, address, ADDRESS_BYTES) !== 0) {
    if (fd >= 0) calls.close(fd);
    throw new Error(`Cannot bind an audio socket to ${localHost}:${localPort}`);
  }
  const size = new Uint8Array(Uint32Array.of(RECEIVE_BUFFER_BYTES).buffer);
  calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4);
  // Asking for the first time makes the kernel note times from then on.
  calls.ioctl(fd, SIOCGSTAMPNS, STAMP.bytes);
  return fd;
}
