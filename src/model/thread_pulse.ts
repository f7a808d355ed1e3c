/** Something that looks about once a second. */
export interface Pulsed {
  beat(): void;
}

const BEAT_MS = 1000;

/** One timer for all that have something to do once a second; it stops when nobody is left. Any thread. */
export class ThreadPulse {
  readonly #members = new Set<Pulsed>();
  #timer: ReturnType<typeof setInterval> | undefined;

  add(member: Pulsed): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS);
  }

  /** Forgets a member; also one that it does not have. */
  delete(member: Pulsed): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    for (const member of this.#members) member.beat();
  }
}
