import type { Libc } from "./libc.ts";

/** Of {@linkcode Polled.ready}: bytes came, or the end of a stream. */
export const READABLE = 1;
/** There is room to send. */
export const WRITABLE = 4;
/** The connection failed or is over in both directions (EPOLLERR, EPOLLHUP). */
export const BROKEN = 0x18;

/** Something with a descriptor that a {@linkcode PollSet} looks at. */
export interface Polled {
  /** Called while it has what it waits for; true when there may be more of it at once. */
  ready(events: number): boolean;
}

/** How a {@linkcode PollSet} looks. */
export interface PollSetOptions {
  /** How often, in milliseconds; 4 unless told. Never by itself where its owner calls {@linkcode PollSet.look}. */
  readonly pollMs?: number | "never";
  /** Asked before each descriptor is served: whether this thread is to touch nothing any more. */
  readonly halted?: () => boolean;
  /** Where its own descriptor is noted, so that it is not lost with its thread. */
  readonly notes?: DescriptorNotes;
}

/** Where descriptors are noted that nobody else would close when their thread ends. */
export interface DescriptorNotes {
  /** False when there is no room: then it is not to be kept. */
  enter(fd: number): boolean;
  leave(fd: number): void;
}

const POLL_MS = 4;
/** Descriptors that one call tells of. */
const MOST_READY = 512;
/** Calls of one look, so that a flood of one descriptor delays nobody else for long. */
const MOST_ROUNDS = 64;

// Numbers of Linux's system call interface.
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
/** The event structure is packed on x86-64 alone. */
const EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
const EVENT_DATA_AT = Deno.build.arch === "x86_64" ? 4 : 8;

/**
 * Descriptors that are looked at by system calls of our own: every few
 * milliseconds one call tells which have something, without a promise or an
 * object for each. One thread; the timer runs while there are descriptors.
 */
export class PollSet {
  #libc: Libc;
  #pollMs: number | "never";
  #notes?: DescriptorNotes;
  #halted: () => boolean;
  /** By descriptor: the system gives the lowest numbers that are free. */
  #members: (Polled | undefined)[] = [];
  #size = 0;
  #epoll = -1;
  #timer?: ReturnType<typeof setInterval>;
  #soon?: ReturnType<typeof setTimeout>;
  #events = new Uint8Array(EVENT_BYTES * MOST_READY);
  #eventFields = new DataView(this.#events.buffer);
  #wanted = new Uint8Array(EVENT_BYTES);
  #wantedFields = new DataView(this.#wanted.buffer);
  #looking = false;
  /** Descriptors to be closed behind a round: until then no other has their number. */
  #gone: number[] = [];
  #onTime = () => this.look();
  #wantsTurn = false;

  constructor(libc: Libc, options: PollSetOptions = {}) {
    this.#libc = libc;
    this.#pollMs = options.pollMs ?? POLL_MS;
    this.#notes = options.notes;
    this.#halted = options.halted ?? (() => false);
  }

  /** Descriptors that are looked at. */
  get size(): number {
    return this.#size;
  }

  /** Looks at a descriptor from now on, which it closes when that is removed; false when the system refuses. */
  add(fd: number, polled: Polled, events = READABLE): boolean {
    if (this.#epoll < 0) this.#open();
    if (this.#epoll < 0 || !this.#control(EPOLL_CTL_ADD, fd, events)) {
      this.#stopWhenEmpty();
      return false;
    }
    this.#members[fd] = polled;
    this.#size++;
    // One timer for all looks, which costs a third less than one for each.
    if (this.#pollMs !== "never") {
      this.#timer ??= setInterval(this.#onTime, this.#pollMs);
    }
    return true;
  }

  /** Waits for other events of a descriptor than before; 0 for failures alone. */
  expect(fd: number, events: number): void {
    if (this.#members[fd] !== undefined) {
      this.#control(EPOLL_CTL_MOD, fd, events);
    }
  }

  /** Forgets a descriptor and closes it; the last one stops the timer. */
  remove(fd: number): void {
    if (!this.#forget(fd)) return;
    if (this.#looking) this.#gone.push(fd);
    else this.#libc.close(fd);
    this.#stopWhenEmpty();
  }

  /** Forgets a descriptor that somebody else will close. */
  release(fd: number): void {
    if (!this.#forget(fd)) return;
    this.#control(EPOLL_CTL_DEL, fd, 0);
    this.#stopWhenEmpty();
  }

  #open(): void {
    const epoll = this.#libc.epoll_create1(0);
    if (epoll < 0) return;
    if (this.#notes?.enter(epoll) === false) this.#libc.close(epoll);
    else this.#epoll = epoll;
  }

  #forget(fd: number): boolean {
    if (this.#members[fd] === undefined) return false;
    this.#members[fd] = undefined;
    this.#size--;
    return true;
  }

  #control(operation: number, fd: number, events: number): boolean {
    this.#wantedFields.setUint32(0, events, true);
    this.#wantedFields.setInt32(EVENT_DATA_AT, fd, true);
    return this.#libc.epoll_ctl(this.#epoll, operation, fd, this.#wanted) === 0;
  }

  #stopWhenEmpty(): void {
    if (this.#size > 0 || this.#looking) return;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#timer = this.#soon = undefined;
    if (this.#epoll < 0) return;
    this.#notes?.leave(this.#epoll);
    this.#libc.close(this.#epoll);
    this.#epoll = -1;
  }

  /** A member has settled a promise, whose continuation waits for the runtime's turn. */
  wantTurn(): void {
    this.#wantsTurn = true;
  }

  /** Whether a member wanted a turn since this was asked. */
  takeTurn(): boolean {
    const wanted = this.#wantsTurn;
    this.#wantsTurn = false;
    return wanted;
  }

  /** Looks now at all of them; `again` while any of them may have more at once, or else leaves that to the next look. */
  look(again = true): void {
    if (this.#size === 0 || this.#looking) return;
    this.#looking = true;
    let rounds = 0;
    try {
      while (rounds < MOST_ROUNDS && this.#lookOnce(again)) rounds++;
    } finally {
      this.#looking = false;
      this.#stopWhenEmpty();
      if (rounds === MOST_ROUNDS && this.#size > 0) this.#lookSoon();
    }
  }

  #lookSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(this.#onTime, 0);
  }

  /** One call and what it tells of; true when there may be more that is not left. */
  #lookOnce(again: boolean): boolean {
    const { epoll_wait } = this.#libc;
    const ready = epoll_wait(this.#epoll, this.#events, MOST_READY, 0);
    let more = ready === MOST_READY;
    try {
      for (let i = 0; i < ready; i++) {
        if (this.#halted()) return false;
        const at = i * EVENT_BYTES;
        const fd = this.#eventFields.getInt32(at + EVENT_DATA_AT, true);
        const events = this.#eventFields.getUint32(at, true);
        // One that has more is told of again by the next call, which looks at it anyway.
        if (this.#members[fd]?.ready(events) && again) more = true;
      }
    } finally {
      this.#closeGone();
    }
    return more;
  }

  #closeGone(): void {
    for (const fd of this.#gone) this.#libc.close(fd);
    if (this.#gone.length > 0) this.#gone.length = 0;
  }
}
