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

/** The clock is read once for so many ticks, which together take less than a tenth of a millisecond. */
const TICKS_A_READING = 4;

/** A member's place in the order in which members are due. */
interface Place {
  readonly member: Paced;
  before: Place | undefined;
  behind: Place | undefined;
}

/**
 * Paces every call of a machine by one timer and a monotonic clock: a timer
 * that fires late delays a tick and never changes their number. Members stand
 * in the order in which they are due, so that a wake-up costs what is due and
 * not what there is. One thread.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #places = new Map<Paced, Place>();
  #first: Place | undefined;
  #last: Place | undefined;
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
    if (this.#places.has(member)) return;
    const place = { member, before: undefined, behind: undefined };
    this.#places.set(member, place);
    this.#insert(place);
    if (member.dueMs < this.#wakeMs) this.#schedule(member.dueMs);
  }

  remove(member: Paced) {
    const place = this.#places.get(member);
    if (place === undefined) return;
    this.#places.delete(member);
    this.#unlink(place);
    if (this.#places.size === 0) this.close();
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
    this.#places.clear();
    this.#first = this.#last = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wakeMs = Infinity;
  }

  #run() {
    this.#cancel = undefined;
    this.#wakeMs = Infinity;
    const wokeMs = this.#clock.nowMs();
    let nowMs = wokeMs;
    let ticks = 0;
    // Not what falls due meanwhile: without an end, nothing would be received.
    for (let place = this.#first; place; place = this.#first) {
      if (place.member.dueMs > wokeMs) break;
      this.#tick(place, nowMs);
      if (++ticks % TICKS_A_READING === 0) nowMs = this.#clock.nowMs();
    }
    // What was added meanwhile may have set a timer that is too late.
    const dueMs = this.#first?.member.dueMs ?? Infinity;
    if (dueMs < this.#wakeMs) this.#schedule(dueMs);
  }

  #tick(place: Place, nowMs: number) {
    const { member } = place;
    const lateMs = nowMs - member.dueMs;
    if (lateMs > MOST_BEHIND_MS) {
      const skipped = Math.floor(lateMs / member.intervalMs);
      member.dueMs += skipped * member.intervalMs;
      this.#skippedTicks += skipped;
    }
    this.#count(lateMs);
    member.dueMs += member.intervalMs;
    this.#unlink(place);
    this.#insert(place);
    member.tick(nowMs);
  }

  #count(lateMs: number) {
    this.#ticks++;
    this.#sumMs += lateMs;
    if (lateMs > this.#largestMs) this.#largestMs = lateMs;
    if (lateMs > LATE_MS) this.#lateTicks++;
  }

  /** From the end: of members with one interval, who has ticked is due last. */
  #insert(place: Place) {
    const { dueMs } = place.member;
    let before = this.#last;
    while (before && before.member.dueMs > dueMs) before = before.before;
    place.before = before;
    place.behind = before ? before.behind : this.#first;
    if (before) before.behind = place;
    else this.#first = place;
    if (place.behind) place.behind.before = place;
    else this.#last = place;
  }

  #unlink({ before, behind }: Place) {
    if (before) before.behind = behind;
    else this.#first = behind;
    if (behind) behind.before = before;
    else this.#last = before;
  }

  #schedule(atMs: number) {
    this.#cancel?.();
    this.#wakeMs = atMs;
    const delayMs = Math.max(SMALLEST_WAIT_MS, atMs - this.#clock.nowMs());
    this.#cancel = this.#clock.after(delayMs, () => this.#run());
  }
}
