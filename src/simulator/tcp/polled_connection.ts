import {
  BROKEN,
  type Polled,
  type PollSet,
  READABLE,
  WRITABLE,
} from "../../net/poll_set.ts";
import type { Connection, Receiver } from "./connection.ts";
import type { TcpCalls } from "./tcp_calls.ts";

// Numbers of Linux's system call interface.
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const RECEIVE_FLAGS = 0x40; // MSG_DONTWAIT
const SEND_FLAGS = 0x4040; // MSG_DONTWAIT, MSG_NOSIGNAL

/** The last size, as the system wants it: most are of the same. */
const SIZE = { length: 0, bytes: 0n };

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
  #receiving: PromiseWithResolvers<void> & { to: Receiver } | undefined;
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

  receive(to: Receiver): Promise<void> {
    if (!this.#open) return Promise.resolve();
    this.#receiving = { to, ...Promise.withResolvers<void>() };
    this.resume();
    return this.#receiving.promise;
  }

  resume(): void {
    if (this.#open) this.#expect(this.#expected | READABLE);
  }

  writeNow(bytes: Uint8Array): number {
    if (!this.#open || this.#writing !== undefined) return 0;
    return Math.max(0, this.#send(bytes));
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
    this.#receiving?.resolve();
    this.#reading?.reject(closedError());
    this.#writing?.reject(closedError());
    this.#receiving = undefined;
    this.#reading = undefined;
    this.#writing = undefined;
  }

  ready(events: number): boolean {
    if ((events & (WRITABLE | BROKEN)) !== 0) this.#sendRest(events);
    if (this.#receiving !== undefined) return this.#feed(events);
    // A reader comes back when its promise has settled, behind this look: who is not there then is not waited for.
    if (this.#reading === undefined) this.#expect(this.#expected & ~READABLE);
    else if ((events & (READABLE | BROKEN)) !== 0) this.#receive(events);
    return false;
  }

  /** What waited in a broken connection is still given; its end comes behind. */
  #receive(events: number): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { bytes } = reading;
    const size = this.#sizeOf(bytes);
    const count = this.#calls.recv(this.#fd, bytes, size, RECEIVE_FLAGS);
    if (count < 0 && (events & BROKEN) === 0) return;
    this.#reading = undefined;
    if (count > 0) reading.resolve(count);
    else if (count === 0) reading.resolve(null);
    else reading.reject(brokenError());
  }

  /** True when there may be more. */
  #feed(events: number): boolean {
    const receiving = this.#receiving!;
    const into = receiving.to.space();
    if (into.length === 0) {
      this.#expect(this.#expected & ~READABLE);
      return false;
    }
    const size = this.#sizeOf(into);
    const count = this.#calls.recv(this.#fd, into, size, RECEIVE_FLAGS);
    if (count < 0 && (events & BROKEN) === 0) return false;
    if (count > 0 && this.#give(receiving, count)) {
      return count === into.length;
    }
    if (this.#receiving === receiving) this.#receiving = undefined;
    receiving.resolve();
    return false;
  }

  /** Whether the receiver takes more. */
  #give(
    { to, reject }: { to: Receiver; reject: (error: unknown) => void },
    countBytes: number,
  ): boolean {
    try {
      to.advance(countBytes);
      return this.#receiving !== undefined;
    } catch (error) {
      reject(error);
      return false;
    }
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
    const size = this.#sizeOf(bytes);
    return this.#calls.send(this.#fd, bytes, size, SEND_FLAGS);
  }

  #sizeOf({ length }: Uint8Array): bigint {
    if (length !== SIZE.length) {
      SIZE.length = length;
      SIZE.bytes = BigInt(length);
    }
    return SIZE.bytes;
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
