import type { ResponseStatus } from "./speech_model.ts";

/** That an answer is over of which nothing was to be heard: there were words of it, or not even those. */
export interface Lack {
  readonly hasWords: boolean;
  readonly sinceMs: number;
}

/** The model's newest response, as far as it has come. Shard's thread. */
export class Answer {
  /** Speech of it so far, in milliseconds. */
  ms = 0;
  #running = false;
  /** Whether it has said all, though it may be a while until it is over. */
  #allSaid = false;
  #broken = false;
  /** Whether there are words of it, or it has called a function. */
  #hasWords = false;
  #hasCalled = false;
  #lack?: Lack;

  /** Whether more speech of it may come. */
  get isComing(): boolean {
    return this.#running && !this.#allSaid;
  }

  /** Whether it ended before its time, by no doing of the caller's. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /** What is wrong with it, until the next one begins; undefined for one that was heard, or called a function. */
  get lack(): Lack | undefined {
    return this.#lack;
  }

  /** A new one begins. */
  begin(): void {
    this.#hasWords = false;
    this.#hasCalled = false;
    this.#lack = undefined;
    this.ms = 0;
    this.#running = true;
    this.#allSaid = false;
    this.#broken = false;
  }

  /** Some of its speech has come. */
  said(ms: number): void {
    this.ms += ms;
    this.#allSaid = false;
  }

  /** All of its speech has come. */
  saidAll(): void {
    this.#allSaid = true;
  }

  /** Its words have come. */
  worded(): void {
    this.#hasWords = true;
  }

  /** It calls a function, so that another one follows. */
  called(): void {
    this.#hasCalled = true;
  }

  /** It is over; `nowMs` is monotonic. */
  end(status: ResponseStatus, nowMs: number): void {
    this.#running = false;
    const isLacking = this.ms === 0 && !this.#hasCalled &&
      status !== "cancelled";
    if (isLacking) this.#lack = { hasWords: this.#hasWords, sinceMs: nowMs };
    this.#broken = status === "failed";
  }

  /** Nobody wants the rest of it. */
  cutShort(): void {
    this.#running = false;
  }

  /** Something else is played in its place, and it owes nothing. */
  forget(): void {
    this.ms = 0;
  }

  /** What it owed is somebody else's to say. */
  mend(): void {
    this.#broken = false;
    this.#lack = undefined;
  }
}
