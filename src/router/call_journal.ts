import type { Resumption, SessionFact } from "../shard/protocol.ts";
import type {
  CallEvent,
  CallRecord,
  Ownership,
  Store,
  StoredUtterance,
} from "../store/call_store.ts";

/** Parts of a {@linkcode CallJournal}. */
export interface CallJournalOptions {
  readonly store: Pick<Store, "calls" | "events">;
  readonly ownership: Ownership;
  /** Whether the caller is on the line already. */
  readonly isHeard: boolean;
  /** Whether the caller was sent elsewhere, and nobody took the call there. */
  readonly isBack: boolean;
  /** What is known of the call before anything is said. */
  readonly call: Omit<CallRecord, "transcript" | "createdAtMs" | "shard">;
  /** The wall clock, in milliseconds. */
  readonly wallMs: () => number;
}

/**
 * What a call leaves outside of this process: its record, for whoever goes on
 * with it, and its events. Main thread. Holds personal data in the record alone.
 */
export class CallJournal {
  #options: CallJournalOptions;
  #createdAtMs: number;
  #transcript: StoredUtterance[];
  #isHeard: boolean;
  #isBack: boolean;
  #shard = 0;
  #seq = 0;
  /** Whether the caller speaks, or has spoken and nothing was answered yet. */
  #awaiting = false;

  constructor(options: CallJournalOptions) {
    this.#options = options;
    this.#isHeard = options.isHeard;
    this.#isBack = options.isBack;
    const { earlier } = options.ownership;
    this.#createdAtMs = earlier?.createdAtMs ?? options.wallMs();
    this.#transcript = [...earlier?.transcript ?? []];
  }

  /** Whether another node has begun the call. */
  get resumed(): boolean {
    return this.#options.ownership.earlier !== undefined;
  }

  /** Whether the caller hears us, or heard a node before. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** The caller hears us from now on: until then, what was said was said to nobody. */
  heard(): void {
    this.#isHeard = true;
    this.#save();
  }

  /** The session is gone in which things were said; what nobody can have heard went with it. */
  shardLost(): void {
    if (!this.#isHeard) this.#startOver();
  }

  /** What a session needs to go on now; undefined when nothing was said that it could go on with: then all begins anew. */
  resume(): Resumption | undefined {
    const history = this.#transcript.map(({ role, text }) => ({ role, text }));
    const silent = history.every(({ text }) => text === "");
    if (this.#isHeard && (!silent || this.#awaiting || this.#isBack)) {
      return { history, owed: this.#owed() };
    }
    this.#startOver();
    return undefined;
  }

  /** The call is in the hands of a shard. */
  placed(shard: number): void {
    this.#shard = shard;
    this.#save();
  }

  /** Takes what happened in the session. */
  record(fact: SessionFact): void {
    switch (fact.fact) {
      case "said":
        return this.#said(fact);
      case "turn_began":
      case "turn_ended":
        this.#awaiting = true;
        return;
      case "turn":
        this.#awaiting = false;
        return this.event("turn", { latencyMs: Math.round(fact.latencyMs) });
      case "barge_in":
        return this.event("barge_in", { heardMs: fact.heardMs });
      case "model_regained": {
        const { supplier, gapMs } = fact;
        const data = { of: "model", supplier, gapMs: Math.round(gapMs) };
        return this.event("failover", data);
      }
    }
  }

  /** The model looks something up for the caller, and has not said it yet. */
  functionCalled(): void {
    this.#awaiting = true;
  }

  /** Appends an event. */
  event(type: CallEvent["type"], data: CallEvent["data"]): void {
    this.#options.store.events.append(this.#event(type, data));
  }

  /** The call is over. */
  finish(ended: CallEvent["data"]): void {
    this.event("ended", ended);
    this.#options.store.calls.finish(this.#options.call.callId);
  }

  /** The call leaves this node, and may go on at another, within a while; resolves when it may. */
  async part(
    ended: CallEvent["data"],
    time: { readonly withinMs: number; readonly graceMs?: number },
  ): Promise<void> {
    const { calls } = this.#options.store;
    this.event("parted", { by: ended.by });
    this.#save();
    await calls.part(this.#options.call.callId, {
      ended: this.#event("ended", ended),
      ...time,
    });
  }

  #startOver(): void {
    this.#transcript = [];
    this.#awaiting = false;
  }

  #owed(): Resumption["owed"] {
    const last = this.#transcript.at(-1);
    if (this.#isBack) return "transfer";
    if (this.#awaiting || last?.role === "caller") return "answer";
    const heardByMs = last?.heardByMs ?? 0;
    return heardByMs > this.#options.wallMs() ? "rest" : "nothing";
  }

  #said({ change, index, utterance, leftMs }: SaidFact): void {
    const atMs = this.#options.wallMs();
    // Whatever the assistant says now, it was told to begin with that.
    if (utterance.role === "assistant") this.#isBack = false;
    const said = utterance.role === "caller"
      ? { ...utterance, atMs }
      : { ...utterance, atMs, heardByMs: atMs + leftMs };
    this.#transcript.splice(index, change === "insert" ? 0 : 1, said);
    this.#save();
  }

  #event(type: CallEvent["type"], data: CallEvent["data"]): CallEvent {
    const { ownership, call, wallMs } = this.#options;
    this.#seq++;
    return {
      type,
      callId: call.callId,
      atMs: wallMs(),
      epoch: ownership.epoch,
      seq: this.#seq,
      data,
    };
  }

  #save(): void {
    this.#options.store.calls.save({
      ...this.#options.call,
      createdAtMs: this.#createdAtMs,
      shard: this.#shard,
      transcript: this.#isHeard ? [...this.#transcript] : [],
    });
  }
}

type SaidFact = Extract<SessionFact, { fact: "said" }>;
