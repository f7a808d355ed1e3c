import type { Clock } from "./clock.ts";

/** Something that happens at a fixed interval. */
export interface Paced {
  readonly intervalMs: number;
  /** When it is due next, on the clock's scale; the pacer moves it on. */
  dueMs: number;
  tick(nowMs: number): void;
}

/** How well the pacer kept its own time: a late generator proves nothing about a server. */
export interface Lateness {
  readonly ticks: number;
  readonly largestMs: number;
  readonly meanMs: number;
  /** Ticks more than 10 ms late. */
  readonly lateTicks: number;
  /** Ticks given up because the process stood still for longer than {@linkcode MOST_BEHIND_MS}. */
  readonly skippedTicks: number;
}

const LATE_MS = 10;

/** How much a member catches up at once after the process stood still. */
export const MOST_BEHIND_MS = 200;

const SMALLEST_WAIT_MS = 1;

/**
 * Paces every call of a machine by one timer and a monotonic clock: a timer
 * that fires late delays a tick and never changes their number. One thread.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #members = new Set<Paced>();
  #cancel: (() => void) | undefined;
  #wakeMs = Infinity;
  #ticks = 0;
  #sumMs = 0;
  #largestMs = 0;
  #lateTicks = 0;
  #skippedTicks = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(member: Paced) {
    this.#members.add(member);
    if (member.dueMs < this.#wakeMs) this.#schedule(member.dueMs);
  }

  remove(member: Paced) {
    this.#members.delete(member);
    if (this.#members.size === 0) this.close();
  }

  lateness(): Lateness {
    return {
      ticks: this.#ticks,
      largestMs: this.#largestMs,
      meanMs: this.#ticks === 0 ? 0 : this.#sumMs / this.#ticks,
      lateTicks: this.#lateTicks,
      skippedTicks: this.#skippedTicks,
    };
  }

  /** Stops until the next {@linkcode add}; may be called twice. */
  close() {
    this.#members.clear();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wakeMs = Infinity;
  }

  #run() {
    this.#cancel = undefined;
    this.#wakeMs = Infinity;
    let nextMs = Infinity;
    // One reading for those that are not due: with a thousand members it is not free.
    const nowMs = this.#clock.nowMs();
    for (const member of this.#members) {
      if (member.dueMs <= nowMs) this.#catchUp(member);
      if (member.dueMs < nextMs) nextMs = member.dueMs;
    }
    if (this.#members.size > 0 && nextMs < this.#wakeMs) this.#schedule(nextMs);
  }

  #catchUp(member: Paced) {
    let nowMs = this.#clock.nowMs();
    while (member.dueMs <= nowMs && this.#members.has(member)) {
      const lateMs = nowMs - member.dueMs;
      if (lateMs > MOST_BEHIND_MS) {
        const skipped = Math.floor(lateMs / member.intervalMs);
        member.dueMs += skipped * member.intervalMs;
        this.#skippedTicks += skipped;
      }
      this.#count(lateMs);
      member.dueMs += member.intervalMs;
      member.tick(nowMs);
      nowMs = this.#clock.nowMs();
    }
  }

  #count(lateMs: number) {
    this.#ticks++;
    this.#sumMs += lateMs;
    if (lateMs > this.#largestMs) this.#largestMs = lateMs;
    if (lateMs > LATE_MS) this.#lateTicks++;
  }

  #schedule(atMs: number) {
    this.#cancel?.();
    this.#wakeMs = atMs;
    const delayMs = Math.max(SMALLEST_WAIT_MS, atMs - this.#clock.nowMs());
    this.#cancel = this.#clock.after(delayMs, () => this.#run());
  }
}
