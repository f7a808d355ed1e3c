import { OverloadError } from "../errors.ts";
import {
  type DatagramSocket,
  LARGEST_DATAGRAM_BYTES,
  type Source,
  type TakeDatagram,
} from "./datagram_socket.ts";
import type { Libc } from "./libc.ts";

/** How often the sockets are looked at, in milliseconds; no frame waits longer. */
const POLL_MS = 4;
/** Sockets that one look tells of. */
const MOST_READY = 512;
/** Datagrams of one socket in one look, so that a flood delays nobody else for long. */
const MOST_AT_ONCE = 64;

// Numbers of Linux's system call interface.
const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK = 0o4002;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const MSG_DONTWAIT = 0x40;
const ADDRESS_BYTES = 16;
const RECEIVE_BYTES = BigInt(LARGEST_DATAGRAM_BYTES);
/** The event structure is packed on x86-64 alone. */
const EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
const EVENT_DATA_AT = Deno.build.arch === "x86_64" ? 4 : 8;

/**
 * All UDP sockets of the node, read by system calls of our own: every few
 * milliseconds one call tells which have something, without a promise or an
 * object a datagram. IPv4 only. Main thread; runs while there are sockets.
 */
export class SocketPoller {
  #libc: Libc;
  #sockets = new Map<number, PolledSocket>();
  #epoll = -1;
  #timer?: ReturnType<typeof setTimeout>;
  #events = new Uint8Array(EVENT_BYTES * MOST_READY);
  #eventFields = new DataView(this.#events.buffer);
  #buffer = new Uint8Array(LARGEST_DATAGRAM_BYTES);
  #datagram = this.#buffer.subarray(0, 0);
  #address = new Uint8Array(ADDRESS_BYTES);
  #addressWords = new Uint32Array(this.#address.buffer);
  #addressLength = new Uint32Array(1);
  #round = () => this.#poll();

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Sockets that are open. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Opens a socket; see {@linkcode OpenDatagramSocket}. Throws RangeError unless `host` is an IPv4 address. */
  open(host: string, take: TakeDatagram): DatagramSocket {
    const address = socketAddress(host);
    const libc = this.#libc;
    const fd = libc.socket(AF_INET, SOCK_DGRAM_NONBLOCK, 0);
    if (fd < 0) throw noSocketLeft(host);
    if (libc.bind(fd, address, ADDRESS_BYTES) !== 0) {
      libc.close(fd);
      throw new Error(`Cannot bind an audio socket to ${host}`);
    }
    const socket = new PolledSocket({ fd, libc, take, poller: this });
    if (!this.#watch(fd)) {
      libc.close(fd);
      throw noSocketLeft(host);
    }
    this.#sockets.set(fd, socket);
    this.#timer ??= setTimeout(this.#round, POLL_MS);
    return socket;
  }

  /** Forgets a socket and closes its descriptor; the last one stops the timer. */
  remove(fd: number): void {
    if (!this.#sockets.delete(fd)) return;
    this.#libc.close(fd);
    if (this.#sockets.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#libc.close(this.#epoll);
    this.#epoll = -1;
  }

  #watch(fd: number): boolean {
    if (this.#epoll < 0) this.#epoll = this.#libc.epoll_create1(0);
    if (this.#epoll < 0) return false;
    const event = new Uint8Array(EVENT_BYTES);
    const fields = new DataView(event.buffer);
    fields.setUint32(0, EPOLLIN, true);
    fields.setInt32(EVENT_DATA_AT, fd, true);
    return this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, event) === 0;
  }

  #poll(): void {
    const ready = this.#libc.epoll_wait(
      this.#epoll,
      this.#events,
      MOST_READY,
      0,
    );
    for (let i = 0; i < ready; i++) {
      const fd = this.#eventFields.getInt32(
        i * EVENT_BYTES + EVENT_DATA_AT,
        true,
      );
      this.#read(fd);
    }
    if (this.#sockets.size === 0) return;
    // A socket that was opened meanwhile may have set a timer of its own.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#round, ready === MOST_READY ? 0 : POLL_MS);
  }

  /** Reads what one socket has; it may be closed, and the descriptor be another's, while it is read. */
  #read(fd: number): void {
    const socket = this.#sockets.get(fd);
    for (let i = 0; socket !== undefined && i < MOST_AT_ONCE; i++) {
      this.#addressLength[0] = ADDRESS_BYTES;
      const length = this.#libc.recvfrom(
        fd,
        this.#buffer,
        RECEIVE_BYTES,
        MSG_DONTWAIT,
        this.#address,
        this.#addressLength,
      );
      if (length < 0) return;
      // Most datagrams are as long as the one before, and lie where it lay.
      if (length !== this.#datagram.length) {
        this.#datagram = this.#buffer.subarray(0, length);
      }
      socket.receive(this.#datagram, this.#addressWords);
      if (this.#sockets.get(fd) !== socket) return;
    }
  }
}

interface PolledSocketOptions {
  readonly fd: number;
  readonly libc: Libc;
  readonly take: TakeDatagram;
  readonly poller: SocketPoller;
}

class PolledSocket implements DatagramSocket {
  readonly port: number;
  #options: PolledSocketOptions;
  #open = true;
  #lastSource?: PolledSource;
  #sendLength = 0;
  #sendBytes = 0n;

  constructor(options: PolledSocketOptions) {
    this.#options = options;
    const address = new Uint8Array(ADDRESS_BYTES);
    const length = Uint32Array.of(ADDRESS_BYTES);
    options.libc.getsockname(options.fd, address, length);
    this.port = portOf(address);
  }

  receive(datagram: Uint8Array, address: Uint32Array): void {
    let source = this.#lastSource;
    if (source === undefined || !source.is(address)) {
      source = this.#lastSource = new PolledSource(address);
    }
    this.#options.take(datagram, source);
  }

  send(datagram: Uint8Array, to: Source): void {
    if (!this.#open) return;
    const { fd, libc } = this.#options;
    const address = to instanceof PolledSource
      ? to.address
      : socketAddress(to.host, to.port);
    // A call's frames are of one length, so that this makes no number a frame.
    if (datagram.length !== this.#sendLength) {
      this.#sendLength = datagram.length;
      this.#sendBytes = BigInt(datagram.length);
    }
    libc.sendto(
      fd,
      datagram,
      this.#sendBytes,
      MSG_DONTWAIT,
      address,
      ADDRESS_BYTES,
    );
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#options.poller.remove(this.#options.fd);
  }
}

/** A source with its address as the system writes it. */
class PolledSource implements Source {
  readonly address: Uint8Array;
  #words: Uint32Array;

  constructor(words: Uint32Array) {
    this.#words = words.slice();
    this.address = new Uint8Array(this.#words.buffer);
  }

  get host(): string {
    return this.address.subarray(4, 8).join(".");
  }

  get port(): number {
    return portOf(this.address);
  }

  is(words: Uint32Array): boolean {
    return words[0] === this.#words[0] && words[1] === this.#words[1];
  }
}

/** Writes `struct sockaddr_in`. */
function socketAddress(host: string, port = 0): Uint8Array<ArrayBuffer> {
  const bytes = host.split(".").map(Number);
  const fits = (byte: number) =>
    Number.isInteger(byte) && byte >= 0 && byte <= 255;
  if (bytes.length !== 4 || !bytes.every(fits)) {
    throw new RangeError(
      `Cannot use a host: it must be an IPv4 address, got ${host}`,
    );
  }
  const address = new Uint8Array(ADDRESS_BYTES);
  const fields = new DataView(address.buffer);
  fields.setUint16(0, AF_INET, true);
  fields.setUint16(2, port);
  address.set(bytes, 4);
  return address;
}

function portOf(address: Uint8Array): number {
  return address[2] << 8 | address[3];
}

function noSocketLeft(host: string): OverloadError {
  return new OverloadError(
    `Cannot open an audio socket on ${host}: the machine has none left`,
  );
}
