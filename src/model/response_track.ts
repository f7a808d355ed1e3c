import { newResponse, type RunningResponse } from "./running_response.ts";

/**
 * Idle takes deltas of a response that was never created, and of the one that
 * has `ended` last and whole; silenced, after an interruption, does not.
 */
type TrackState =
  | { readonly state: "idle"; readonly ended?: RunningResponse }
  | { readonly state: "silenced" }
  | { readonly state: "running"; readonly response: RunningResponse };

/** What ended a response: the event's name, and whether it says that it was cut short, or is whole. */
export interface ResponseEnd {
  readonly id: string | undefined;
  readonly by: "done" | "cancelled";
  readonly cut: boolean;
  readonly whole: boolean;
}

/** What {@linkcode ResponseTrack.end} made of an event. */
export type EndOutcome =
  | { readonly type: "ended"; readonly response: RunningResponse }
  | { readonly type: "absorbed" }
  | { readonly type: "stray" };

/** What {@linkcode ResponseTrack.create} made of an event. */
export type CreateOutcome =
  | { readonly type: "started"; readonly superseded?: RunningResponse }
  | { readonly type: "adopted" }
  | { readonly type: "repeated" };

const MOST_CANCELLED = 8;
const MOST_REMEMBERED = 16;

/**
 * Which response runs, and to which one an event belongs: by id where there is
 * one, by order where not. Worker thread. Never throws.
 */
export class ResponseTrack {
  #state: TrackState = { state: "idle" };
  /** Responses that we cancelled and whose end has not arrived, oldest first. */
  readonly #cancelled: (string | undefined)[] = [];
  /** Ids of responses that are over or cancelled. */
  readonly #over: string[] = [];
  /** The other event that may yet confirm a cancelled response without an id. */
  #echo: ResponseEnd["by"] | undefined;

  /** The response that runs. */
  get running(): RunningResponse | undefined {
    return this.#state.state === "running" ? this.#state.response : undefined;
  }

  /** Whether a cancelled response may still run at the peer. */
  get settling(): boolean {
    return this.#cancelled.length > 0;
  }

  /** Whether a response runs, or may still run, at the peer. */
  get busy(): boolean {
    return this.settling || this.running?.late === false;
  }

  /** The response that is over to which what still comes belongs, if it does. */
  ended(id: string | undefined): RunningResponse | undefined {
    if (this.#state.state !== "idle") return undefined;
    const { ended } = this.#state;
    const fits = id === undefined ? ended?.created : id === ended?.id;
    return fits ? ended : undefined;
  }

  /** The peer began a response. */
  create(id: string | undefined): CreateOutcome {
    const running = this.running;
    if (id !== undefined && (id === running?.id || this.#over.includes(id))) {
      if (running?.id !== id || running.created) return { type: "repeated" };
    }
    const isOpen = running?.created === false && !running.late;
    if (isOpen && fits(running, id)) {
      running.created = true;
      running.id ??= id;
      return { type: "adopted" };
    }
    if (running?.id !== undefined) this.#remember(running.id);
    this.#run(id, true);
    return { type: "started", superseded: running };
  }

  /**
   * The response to which a delta belongs; undefined when that one is over or
   * cancelled, so that the delta must be dropped. Opens one when none was created,
   * and the one that has just ended when it goes on.
   */
  claim(id: string | undefined): RunningResponse | undefined {
    const running = this.running;
    if (running !== undefined && running.id === id) return running;
    const ended = this.ended(id);
    if (ended !== undefined) return this.#resume(ended);
    if (id !== undefined && this.#over.includes(id)) return undefined;
    if (running !== undefined) {
      if (!fits(running, id)) return undefined;
      running.id ??= id;
      return running;
    }
    return this.#state.state === "idle" ? this.#run(id, false) : undefined;
  }

  /** The peer ended a response. */
  end(end: ResponseEnd): EndOutcome {
    if (this.#absorb(end)) return { type: "absorbed" };
    const running = this.running;
    if (end.id !== undefined && this.#over.includes(end.id)) {
      return { type: "absorbed" };
    }
    if (running === undefined || !fits(running, end.id)) {
      return { type: "stray" };
    }
    this.#finish(running, end);
    return { type: "ended", response: running };
  }

  /** A response that went on after its end has nothing more to say, for now. */
  endLate(): RunningResponse | undefined {
    const running = this.running;
    if (running === undefined || !running.late) return undefined;
    this.#state = { state: "idle", ended: running };
    return running;
  }

  /** We cancelled the running response; from now on it is over. What is over already says no more. */
  interrupt(): RunningResponse | undefined {
    const running = this.running;
    if (running === undefined) {
      this.#forgetEnded();
      return undefined;
    }
    if (running.id !== undefined) this.#remember(running.id);
    this.#state = { state: "silenced" };
    if (running.late) return running;
    if (this.#cancelled.push(running.id) > MOST_CANCELLED) {
      this.#cancelled.shift();
    }
    return running;
  }

  /** The ends of cancelled responses are no longer expected. */
  forgetCancelled(): void {
    this.#cancelled.length = 0;
    this.#echo = undefined;
  }

  #absorb(end: ResponseEnd): boolean {
    if (end.id !== undefined) {
      // An id that nobody saw is that of a cancelled response without one.
      const unseen = end.id !== this.running?.id &&
        !this.#over.includes(end.id);
      let at = this.#cancelled.indexOf(end.id);
      if (at < 0 && unseen) at = this.#cancelled.indexOf(undefined);
      if (at < 0) return false;
      this.#cancelled.splice(at, 1);
      this.#remember(end.id);
      this.#echo = echoOf(end);
      return true;
    }
    if (this.#cancelled.length > 0) {
      this.#cancelled.shift();
      this.#echo = echoOf(end);
      return true;
    }
    if (!end.cut || this.#echo !== end.by) return false;
    this.#echo = undefined;
    return true;
  }

  #run(id: string | undefined, created: boolean): RunningResponse {
    const response = newResponse(id, created);
    this.#state = { state: "running", response };
    return response;
  }

  #resume(ended: RunningResponse): RunningResponse {
    ended.late = true;
    ended.reported = false;
    this.#state = { state: "running", response: ended };
    return ended;
  }

  #finish(running: RunningResponse, { id, whole }: ResponseEnd): void {
    running.id ??= id;
    if (running.id !== undefined) this.#remember(running.id);
    this.#state = { state: "idle", ended: whole ? running : undefined };
  }

  #forgetEnded(): void {
    if (this.#state.state !== "idle") return;
    // Who announces responses will announce the next one.
    const announces = this.#state.ended?.created === true;
    this.#state = { state: announces ? "silenced" : "idle" };
  }

  #remember(id: string): void {
    if (this.#over.includes(id)) return;
    if (this.#over.push(id) > MOST_REMEMBERED) this.#over.shift();
  }
}

function fits(running: RunningResponse, id: string | undefined): boolean {
  return id === undefined || running.id === undefined || running.id === id;
}

function echoOf(end: ResponseEnd): ResponseEnd["by"] | undefined {
  if (!end.cut) return undefined;
  return end.by === "done" ? "cancelled" : "done";
}
