/** Something that was said in a call, as it is kept; the text is personal data. */
export interface StoredUtterance {
  readonly role: "caller" | "assistant";
  readonly text: string;
  /** When it was said, in milliseconds of the wall clock. */
  readonly atMs: number;
  /** When the caller has heard all of it, in milliseconds of the wall clock; of the assistant's alone. */
  readonly heardByMs?: number;
}

/** What a node needs to go on with a call that another had. Numbers and transcript are personal data. */
export interface CallRecord {
  readonly callId: string;
  readonly caller: string;
  readonly called: string;
  readonly assistantId: string;
  /** Milliseconds of the wall clock. */
  readonly createdAtMs: number;
  readonly shard: number;
  readonly transcript: readonly StoredUtterance[];
}

/** What happens to a call, for whoever follows the calls. Holds no personal data. */
export interface CallEvent {
  readonly type:
    | "started"
    | "answered"
    | "turn"
    | "barge_in"
    | "dtmf"
    | "tool"
    | "failover"
    | "parted"
    | "ended";
  readonly callId: string;
  /** Milliseconds of the wall clock. */
  readonly atMs: number;
  /** Which owner of the call says so; see {@linkcode Ownership}. */
  readonly epoch: number;
  /** Counts the events of one owner of one call, from 1. */
  readonly seq: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A call that is ours from now on. */
export interface Ownership {
  /** Greater than that of any owner before; 1 for a new call. */
  readonly epoch: number;
  /** What the owner before has left; undefined for a new call, and for one that cannot be read. */
  readonly earlier?: CallRecord;
}

/**
 * Who has which call, and what the next owner needs to know of it. Main thread.
 * Nothing here is waited for by audio, and nothing rejects: what cannot be kept is
 * counted.
 */
export interface CallStore {
  /**
   * Makes this node the call's owner, whoever had it: FreeSWITCH, which gave it to us,
   * is right. Resolves within `withinMs`, when the store is away with a first
   * epoch and nothing earlier.
   */
  take(callId: string, withinMs: number): Promise<Ownership>;

  /** Keeps the newest state of a call of ours; written soon, and kept alive until it parts or ends. */
  save(record: CallRecord): void;

  /**
   * The call leaves this node and may go on at another. When nobody has taken it
   * after `graceMs` (the store's own when left out), `ended` is appended to the
   * events. Resolves when that is written, or after `withinMs`.
   */
  part(callId: string, options: {
    readonly ended: CallEvent;
    readonly withinMs: number;
    readonly graceMs?: number;
  }): Promise<void>;

  /** The call is over: nobody goes on with it. */
  finish(callId: string): void;
}

/** Where events go: at least once, in their order for a call. Main thread. */
export interface EventLog {
  /** Adds an event; returns at once. The newest of too many that wait are dropped, and counted. */
  append(event: CallEvent): void;
}

/** What all nodes have spent today, in CNY. Main thread. */
export interface CostLedger {
  /** Adds the cost of a call. */
  add(cny: number): void;
  /** Spent since midnight in China, as far as is known here. */
  readonly spentTodayCny: number;
}

/** How a store is; for `/ready` and the metrics. */
export interface StoreHealth {
  /** Whether it can be reached; always, in memory. */
  readonly up: boolean;
  /** Writes that wait. */
  readonly waiting: number;
  readonly droppedEvents: number;
  readonly droppedSessions: number;
  readonly errors: number;
  /** Calls whose node was lost and that nobody took. */
  readonly swept: number;
}

/** What another node has answered; whatever came over the network, so it is to be checked. */
export interface PeerAnswer {
  readonly node: string;
  readonly answer: unknown;
}

/** The other nodes of the same store. Main thread. Nothing here rejects, and no call waits for it. */
export interface Peers {
  /** Begins to answer what others ask, with what `answer` returns, as JSON: null for undefined and for an error. To be called once. */
  listen(answer: (question: unknown) => unknown): void;

  /**
   * Asks all others, once this node listens. Resolves with what has come when
   * every one has answered, when `isEnough` of it, or after `withinMs`.
   */
  ask(question: unknown, options: {
    readonly withinMs: number;
    readonly isEnough?: (answers: readonly PeerAnswer[]) => boolean;
  }): Promise<readonly PeerAnswer[]>;
}

/** Everything that a node keeps outside of itself. Main thread; owns connections and timers until it is closed. */
export interface Store {
  readonly calls: CallStore;
  readonly events: EventLog;
  readonly costs: CostLedger;
  readonly peers: Peers;
  readonly health: StoreHealth;
  /** Writes what waits, for at most `withinMs`, and lets go of everything. */
  close(withinMs: number): Promise<void>;
}

/** What a store needs to know of its node. */
export interface StoreOptions {
  /** As the operator calls it. */
  readonly node: string;
  /** A call of ours has another owner now: it is no longer to be written, nor hung up. */
  readonly onTaken: (callId: string) => void;
}
