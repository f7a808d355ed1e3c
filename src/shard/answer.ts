import type { ResponseStatus } from "./speech_model.ts";

/** The model's newest response, as far as it has come. Shard's thread. */
export class Answer {
  /** Speech of it so far, in milliseconds. */
  ms = 0;
  #running = false;
  /** Whether it has said all, though it may be a while until it is over. */
  #allSaid = false;
  #broken = false;

  /** Whether more speech of it may come. */
  get isComing(): boolean {
    return this.#running && !this.#allSaid;
  }

  /** Whether it ended before its time, by no doing of the caller's. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /** A new one begins. */
  begin(): void {
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

  /** It is over. */
  end(status: ResponseStatus): void {
    this.#running = false;
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
  }
}
