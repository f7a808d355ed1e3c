import { OverloadError } from "../errors.ts";
import {
  type DatagramReceiver,
  type DatagramSocket,
  LARGEST_DATAGRAM_BYTES,
  type Source,
} from "./datagram_socket.ts";
import {
  bindDatagramSocket,
  type BoundSocket,
  noSocketLeft,
} from "./bound_socket.ts";
import { ADDRESS_BYTES, socketAddress } from "./ipv4_address.ts";
import type { Libc } from "./libc.ts";
import { PolledSource } from "./polled_source.ts";
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
  open(host: string, receiver: DatagramReceiver): DatagramSocket {
    const bound = bindDatagramSocket(this.#libc, host);
    const socket = this.#add(bound, receiver, "ours");
    if (socket !== undefined) return socket;
    this.#libc.close(bound.fd);
    throw noSocketLeft(host);
  }

  /** Reads a socket that somebody else has bound, and will close. Throws OverloadError when the machine has no room. */
  borrow(bound: BoundSocket, receiver: DatagramReceiver): DatagramSocket {
    const socket = this.#add(bound, receiver, "borrowed");
    if (socket !== undefined) return socket;
    throw new OverloadError("Cannot read an audio socket: no room is left");
  }

  /** Looks now at all of them, for an owner who looks himself; see {@linkcode PollSet.look}. */
  look(again?: boolean): void {
    this.#set.look(again);
  }

  #add(
    { fd, port }: BoundSocket,
    receiver: DatagramReceiver,
    whose: "ours" | "borrowed",
  ): PolledSocket | undefined {
    const libc = this.#libc;
    const options = { fd, port, libc, receiver, whose, poller: this };
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
  readonly receiver: DatagramReceiver;
  readonly poller: SocketPoller;
}

class PolledSocket implements DatagramSocket, Polled {
  readonly port: number;
  #fd: number;
  #libc: Libc;
  #poller: SocketPoller;
  #receiver: DatagramReceiver;
  /** The only source there is, once the socket is connected to it. */
  #settled?: Source;
  #settling?: Source;
  #open = true;
  #whose: PolledSocketOptions["whose"];
  #lastSource?: PolledSource;
  #lastTo?: Source;
  #lastAddress = NOWHERE;

  constructor(options: PolledSocketOptions) {
    this.port = options.port;
    this.#fd = options.fd;
    this.#libc = options.libc;
    this.#poller = options.poller;
    this.#receiver = options.receiver;
    this.#whose = options.whose;
  }

  ready(): boolean {
    if (this.#settling !== undefined) return this.#connect(this.#settling);
    return this.#poller.read(this.#fd, this);
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
      this.#receiver.receive(datagram, this.#settled);
      return;
    }
    let source = this.#lastSource;
    if (source === undefined || !source.is(address)) {
      source = this.#lastSource = new PolledSource(address);
    }
    this.#receiver.receive(datagram, source);
  }

  send(datagram: Uint8Array, to: Source): void {
    if (!this.#open) return;
    // Nearly all frames of all calls are of one length, so that this makes no number a frame.
    if (datagram.length !== sendLength) {
      sendLength = datagram.length;
      sendBytes = BigInt(sendLength);
    }
    if (to !== this.#settled) this.#sendTo(datagram, to);
    else this.#libc.send(this.#fd, datagram, sendBytes, MSG_DONTWAIT);
  }

  /** Connects, which spares the system work for each datagram; true when there may be more to read. */
  #connect(to: Source): boolean {
    const address = this.#addressOf(to);
    if (this.#libc.connect(this.#fd, address, ADDRESS_BYTES) === 0) {
      // What others had sent before is still there, and only tells its source here.
      for (let i = 0; i < MOST_BEFORE; i++) {
        if (!this.#open || !this.#poller.read(this.#fd, this)) break;
        if (i === MOST_BEFORE - 1) return true;
      }
      this.#settled = to;
    }
    this.#settling = undefined;
    return false;
  }

  #sendTo(datagram: Uint8Array, to: Source): void {
    this.#libc.sendto(
      this.#fd,
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
    if (this.#whose === "ours") this.#poller.remove(this.#fd);
    else this.#poller.release(this.#fd);
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
