import { OverloadError } from "../errors.ts";
import {
  type DatagramSocket,
  LARGEST_DATAGRAM_BYTES,
  type Source,
  type TakeDatagram,
} from "./datagram_socket.ts";
import {
  bindDatagramSocket,
  type BoundSocket,
  noSocketLeft,
} from "./bound_socket.ts";
import { ADDRESS_BYTES, portOf, socketAddress } from "./ipv4_address.ts";
import type { Libc } from "./libc.ts";
import { type Polled, PollSet, type PollSetOptions } from "./poll_set.ts";

// Numbers of Linux's system call interface.
const MSG_DONTWAIT = 0x40;
/** Datagrams of one look that are read before a socket is settled. */
const MOST_BEFORE = 64;
const NOWHERE = new Uint8Array(0);
const RECEIVE_BYTES = BigInt(LARGEST_DATAGRAM_BYTES);

/**
 * UDP sockets of one thread, read by system calls of our own without a
 * promise or an object a datagram. IPv4 only. One thread; runs while there are
 * sockets.
 */
export class SocketPoller {
  #libc: Libc;
  #set: PollSet;
  #buffer = new Uint8Array(LARGEST_DATAGRAM_BYTES);
  #datagram = this.#buffer.subarray(0, 0);
  #address = new Uint8Array(ADDRESS_BYTES);
  #addressWords = new Uint32Array(this.#address.buffer);
  #addressLength = new Uint32Array(1);

  constructor(libc: Libc, options?: PollSetOptions) {
    this.#libc = libc;
    this.#set = new PollSet(libc, options);
  }

  /** Sockets that are open. */
  get size(): number {
    return this.#set.size;
  }

  /** Opens a socket; see {@linkcode OpenDatagramSocket}. Throws RangeError unless `host` is an IPv4 address. */
  open(host: string, take: TakeDatagram): DatagramSocket {
    const bound = bindDatagramSocket(this.#libc, host);
    const socket = this.#add(bound, take, "ours");
    if (socket !== undefined) return socket;
    this.#libc.close(bound.fd);
    throw noSocketLeft(host);
  }

  /** Reads a socket that somebody else has bound, and will close. Throws OverloadError when the machine has no room. */
  borrow(bound: BoundSocket, take: TakeDatagram): DatagramSocket {
    const socket = this.#add(bound, take, "borrowed");
    if (socket !== undefined) return socket;
    throw new OverloadError("Cannot read an audio socket: no room is left");
  }

  /** Looks now at all of them; for an owner who looks himself. */
  look(): void {
    this.#set.look();
  }

  #add(
    { fd, port }: BoundSocket,
    take: TakeDatagram,
    whose: "ours" | "borrowed",
  ): PolledSocket | undefined {
    const libc = this.#libc;
    const options = { fd, port, libc, take, whose, poller: this };
    const socket = new PolledSocket(options);
    return this.#set.add(fd, socket) ? socket : undefined;
  }

  /** Forgets a socket and closes its descriptor; the last one stops the timer. */
  remove(fd: number): void {
    this.#set.remove(fd);
  }

  /** Forgets a socket that somebody else will close. */
  release(fd: number): void {
    this.#set.release(fd);
  }

  /** Gives one datagram to its socket; false when there is none. */
  read(fd: number, socket: PolledSocket): boolean {
    const length = socket.isSettled
      ? this.#libc.recv(fd, this.#buffer, RECEIVE_BYTES, MSG_DONTWAIT)
      : this.#receiveFrom(fd);
    if (length < 0) return false;
    // Most datagrams are as long as the one before, and lie where it lay.
    if (length !== this.#datagram.length) {
      this.#datagram = this.#buffer.subarray(0, length);
    }
    socket.receive(this.#datagram, this.#addressWords);
    return true;
  }

  #receiveFrom(fd: number): number {
    this.#addressLength[0] = ADDRESS_BYTES;
    return this.#libc.recvfrom(
      fd,
      this.#buffer,
      RECEIVE_BYTES,
      MSG_DONTWAIT,
      this.#address,
      this.#addressLength,
    );
  }
}

let sendLength = 0;
let sendBytes = 0n;

interface PolledSocketOptions {
  readonly fd: number;
  readonly port: number;
  readonly whose: "ours" | "borrowed";
  readonly libc: Libc;
  readonly take: TakeDatagram;
  readonly poller: SocketPoller;
}

class PolledSocket implements DatagramSocket, Polled {
  readonly port: number;
  #options: PolledSocketOptions;
  #open = true;
  #lastSource?: PolledSource;
  /** The only source there is, once the socket is connected to it. */
  #settled?: Source;
  #settling?: Source;
  #lastTo?: Source;
  #lastAddress = NOWHERE;

  constructor(options: PolledSocketOptions) {
    this.#options = options;
    this.port = options.port;
  }

  ready(): boolean {
    if (this.#settling !== undefined) return this.#connect(this.#settling);
    return this.#options.poller.read(this.#options.fd, this);
  }

  get isSettled(): boolean {
    return this.#settled !== undefined;
  }

  settle(on: Source): void {
    this.#settling = on;
  }

  /** Takes a datagram; the address counts only until the socket is settled. */
  receive(datagram: Uint8Array, address: Uint32Array): void {
    if (this.#settled !== undefined) {
      this.#options.take(datagram, this.#settled);
      return;
    }
    let source = this.#lastSource;
    if (source === undefined || !source.is(address)) {
      source = this.#lastSource = new PolledSource(address);
    }
    this.#options.take(datagram, source);
  }

  send(datagram: Uint8Array, to: Source): void {
    if (!this.#open) return;
    const { fd, libc } = this.#options;
    // Nearly all frames of all calls are of one length, so that this makes no number a frame.
    if (datagram.length !== sendLength) {
      sendLength = datagram.length;
      sendBytes = BigInt(sendLength);
    }
    if (to !== this.#settled) this.#sendTo(datagram, to);
    else libc.send(fd, datagram, sendBytes, MSG_DONTWAIT);
  }

  /** Connects, which spares the system work for each datagram; true when there may be more to read. */
  #connect(to: Source): boolean {
    const { fd, libc, poller } = this.#options;
    if (libc.connect(fd, this.#addressOf(to), ADDRESS_BYTES) === 0) {
      // What others had sent before is still there, and only tells its source here.
      for (let i = 0; i < MOST_BEFORE; i++) {
        if (!this.#open || !poller.read(fd, this)) break;
        if (i === MOST_BEFORE - 1) return true;
      }
      this.#settled = to;
    }
    this.#settling = undefined;
    return false;
  }

  #sendTo(datagram: Uint8Array, to: Source): void {
    const { fd, libc } = this.#options;
    libc.sendto(
      fd,
      datagram,
      sendBytes,
      MSG_DONTWAIT,
      this.#addressOf(to),
      ADDRESS_BYTES,
    );
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { poller, fd, whose } = this.#options;
    if (whose === "ours") poller.remove(fd);
    else poller.release(fd);
  }

  #addressOf(to: Source): Uint8Array {
    if (to instanceof PolledSource) return to.address;
    if (to !== this.#lastTo) {
      this.#lastTo = to;
      this.#lastAddress = socketAddress(to.host, to.port);
    }
    return this.#lastAddress;
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
