import {
  BROKEN,
  type Polled,
  type PollSet,
  READABLE,
  WRITABLE,
} from "../../net/poll_set.ts";
import type { Connection } from "./connection.ts";
import type { TcpCalls } from "./tcp_calls.ts";

// Numbers of Linux's system call interface.
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const RECEIVE_FLAGS = 0x40; // MSG_DONTWAIT
const SEND_FLAGS = 0x4040; // MSG_DONTWAIT, MSG_NOSIGNAL

/** Bytes of the caller's and who waits for them. */
interface Wait<T> extends PromiseWithResolvers<T> {
  readonly bytes: Uint8Array;
}

/**
 * A TCP connection by system calls of our own. What there is room for is sent
 * at once; bytes that come are read when the set has looked. Which error a call
 * had is not asked: a connection that failed shows as broken in the set. One thread.
 */
export class PolledConnection implements Connection, Polled {
  readonly #fd: number;
  readonly #calls: TcpCalls;
  readonly #set: PollSet;
  #expected = READABLE;
  #reading: Wait<number | null> | undefined;
  #writing: Wait<number> | undefined;
  #open = true;

  /** Takes over a descriptor that does not block and is looked at by the set. */
  constructor(fd: number, { calls, set }: { calls: TcpCalls; set: PollSet }) {
    this.#fd = fd;
    this.#calls = calls;
    this.#set = set;
  }

  read(into: Uint8Array): Promise<number | null> {
    if (!this.#open) return Promise.reject(closedError());
    this.#reading = { bytes: into, ...Promise.withResolvers<number | null>() };
    this.#expect(this.#expected | READABLE);
    return this.#reading.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (!this.#open) return Promise.reject(closedError());
    const sent = this.#send(bytes);
    if (sent >= 0) return Promise.resolve(sent);
    this.#writing = { bytes, ...Promise.withResolvers<number>() };
    this.#expect(this.#expected | WRITABLE);
    return this.#writing.promise;
  }

  setNoDelay(noDelay: boolean): void {
    if (!this.#open) return;
    const value = new Uint8Array(Int32Array.of(noDelay ? 1 : 0).buffer);
    this.#calls.setsockopt(this.#fd, IPPROTO_TCP, TCP_NODELAY, value, 4);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#set.remove(this.#fd);
    this.#reading?.reject(closedError());
    this.#writing?.reject(closedError());
    this.#reading = undefined;
    this.#writing = undefined;
  }

  ready(events: number): boolean {
    // A reader comes back when its promise has settled, behind this look: who is not there then is not waited for.
    if (this.#reading === undefined) this.#expect(this.#expected & ~READABLE);
    else if ((events & (READABLE | BROKEN)) !== 0) this.#receive(events);
    if ((events & (WRITABLE | BROKEN)) !== 0) this.#sendRest(events);
    return false;
  }

  /** What waited in a broken connection is still given; its end comes behind. */
  #receive(events: number): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { bytes } = reading;
    const size = BigInt(bytes.length);
    const count = this.#calls.recv(this.#fd, bytes, size, RECEIVE_FLAGS);
    if (count < 0 && (events & BROKEN) === 0) return;
    this.#reading = undefined;
    if (count > 0) reading.resolve(count);
    else if (count === 0) reading.resolve(null);
    else reading.reject(brokenError());
  }

  #sendRest(events: number): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    const sent = this.#send(writing.bytes);
    if (sent < 0 && (events & BROKEN) === 0) return;
    this.#writing = undefined;
    this.#expect(this.#expected & ~WRITABLE);
    if (sent >= 0) writing.resolve(sent);
    else writing.reject(brokenError());
  }

  #send(bytes: Uint8Array): number {
    const size = BigInt(bytes.length);
    return this.#calls.send(this.#fd, bytes, size, SEND_FLAGS);
  }

  #expect(events: number): void {
    if (events === this.#expected) return;
    this.#expected = events;
    this.#set.expect(this.#fd, events);
  }
}

function closedError(): Error {
  return new Deno.errors.BadResource("The connection is closed");
}

function brokenError(): Error {
  return new Deno.errors.ConnectionReset("The connection broke");
}
