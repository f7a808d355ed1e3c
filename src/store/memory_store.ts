import type {
  CallEvent,
  CallRecord,
  CallStore,
  CostLedger,
  EventLog,
  Peers,
  Store,
  StoreHealth,
} from "./call_store.ts";
import { chinaDay } from "./china_day.ts";

/** Parts of a {@linkcode MemoryStore}. */
export interface MemoryStoreOptions {
  /** A call that parted and was not taken for so long has ended, in milliseconds. */
  readonly graceMs?: number;
  /** Hears every event. */
  readonly onEvent?: (event: CallEvent) => void;
  /** The wall clock, in milliseconds. */
  readonly wallMs?: () => number;
}

interface KeptCall {
  epoch: number;
  record?: CallRecord;
  /** Runs while the call has parted. */
  timer?: ReturnType<typeof setTimeout>;
}

/** As in Redis; see `redis_store.ts`. */
const GRACE_MS = 30_000;

/** Sessions of one node alone, in its own memory: nothing outlives the process. Main thread. */
export class MemoryStore implements Store {
  readonly calls: CallStore = {
    take: (callId) => {
      const kept = this.#calls.get(callId) ?? { epoch: 0 };
      clearTimeout(kept.timer);
      kept.timer = undefined;
      kept.epoch++;
      this.#calls.set(callId, kept);
      return Promise.resolve({ epoch: kept.epoch, earlier: kept.record });
    },
    save: (record) => {
      const kept = this.#calls.get(record.callId);
      if (kept !== undefined) kept.record = record;
    },
    part: (callId, { ended, graceMs }) => {
      this.#part(callId, ended, graceMs);
      return Promise.resolve();
    },
    finish: (callId) => {
      clearTimeout(this.#calls.get(callId)?.timer);
      this.#calls.delete(callId);
    },
  };
  readonly events: EventLog = {
    append: (event) => this.#options.onEvent?.(event),
  };
  readonly costs: CostLedger;
  /** There are none. */
  readonly peers: Peers = { listen() {}, ask: () => Promise.resolve([]) };
  readonly #options: MemoryStoreOptions;
  readonly #calls = new Map<string, KeptCall>();
  #spent = { day: "", cny: 0 };

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    const wallMs = options.wallMs ?? Date.now;
    const spent = () => {
      const day = chinaDay(wallMs());
      if (this.#spent.day !== day) this.#spent = { day, cny: 0 };
      return this.#spent;
    };
    this.costs = {
      add: (cny) => void (spent().cny += cny),
      get spentTodayCny() {
        return spent().cny;
      },
    };
  }

  get health(): StoreHealth {
    return {
      up: true,
      waiting: 0,
      droppedEvents: 0,
      droppedSessions: 0,
      errors: 0,
      swept: 0,
    };
  }

  close(): Promise<void> {
    for (const { timer } of this.#calls.values()) clearTimeout(timer);
    this.#calls.clear();
    return Promise.resolve();
  }

  #part(
    callId: string,
    ended: CallEvent,
    graceMs = this.#options.graceMs ?? GRACE_MS,
  ): void {
    const kept = this.#calls.get(callId);
    if (kept === undefined) return;
    kept.timer = setTimeout(() => {
      this.#calls.delete(callId);
      this.events.append(ended);
    }, graceMs);
  }
}
