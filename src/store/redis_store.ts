import type { Log } from "../telemetry/log.ts";
import type {
  CallStore,
  CostLedger,
  EventLog,
  Peers,
  Store,
  StoreHealth,
  StoreOptions,
} from "./call_store.ts";
import { LostCalls } from "./lost_calls.ts";
import { NodeName } from "./node_name.ts";
import { Outbox } from "./outbox.ts";
import { RedisCalls } from "./redis_calls.ts";
import { asWriteError, RedisConnection } from "./redis_connection.ts";
import { RedisCosts } from "./redis_costs.ts";
import { RedisPeers } from "./redis_peers.ts";
import { RedisEvents } from "./redis_events.ts";
import type { AddWrite, RedisWrite } from "./redis_write.ts";
import { Seal, type SealKey } from "./seal.ts";

/** Parts of a {@linkcode RedisStore}. */
export interface RedisStoreOptions extends StoreOptions {
  /** See `redis_address.ts`. */
  readonly redisUrl: string;
  /** The first encrypts; none when personal data is not to be stored. */
  readonly keys: readonly SealKey[];
  /** Length of the stream of events, about. */
  readonly eventsKept: number;
  /** Events that may wait while Redis is away. */
  readonly buffer: number;
  readonly log: Log;
  readonly times?: Partial<StoreTimes>;
  /** The wall clock, in milliseconds. */
  readonly wallMs?: () => number;
}

/** How long things last, in milliseconds. */
export interface StoreTimes {
  /** A call whose owner has not renewed it for so long is nobody's. */
  readonly leaseMs: number;
  /** A call that parted and was not taken for so long has ended. */
  readonly graceMs: number;
  /** Between renewals, and between sweeps. */
  readonly pulseMs: number;
  /** A command that is not answered within that has failed. */
  readonly commandMs: number;
}

const TIMES: StoreTimes = {
  leaseMs: 15_000,
  graceMs: 30_000,
  pulseMs: 5000,
  commandMs: 1000,
};

/**
 * Sessions, events and costs in Redis. Main thread. Whatever Redis does, nothing
 * here throws or makes a call wait for longer than it said: writes wait in one
 * bounded outbox.
 */
export class RedisStore implements Store {
  readonly calls: CallStore;
  readonly events: EventLog;
  readonly costs: CostLedger;
  readonly peers: Peers;
  readonly #redis: RedisConnection;
  readonly #outbox: Outbox<RedisWrite>;
  readonly #calls: RedisCalls;
  readonly #costs: RedisCosts;
  readonly #peers: RedisPeers;
  readonly #name: NodeName;
  readonly #lost: LostCalls;
  readonly #pulse: ReturnType<typeof setInterval>;
  #droppedEvents = 0;
  #droppedSessions = 0;
  #isLookingAround = false;

  /** Begins to connect and returns at once. Throws TypeError for an address that is none, RangeError for a key that is none. */
  constructor(options: RedisStoreOptions) {
    const { redisUrl, node, log, eventsKept, onTaken } = options;
    const { wallMs = Date.now } = options;
    const times = { ...TIMES, ...options.times };
    const seal = new Seal(options.keys);
    const instance = crypto.randomUUID();
    const { leaseMs, commandMs } = times;
    const redis = this.#redis = new RedisConnection({
      redisUrl,
      commandMs,
      log,
      onReady: () => this.#welcome(),
    });
    this.#outbox = new Outbox<RedisWrite>({
      most: options.buffer,
      write: writeOne,
      state: (isUp, error) => isUp ? redis.worked() : redis.failed(error),
      dropped: (write, error) => this.#drop(write, error),
    });
    const add: AddWrite = (write) => this.#outbox.add(write);
    const events = new RedisEvents({ redis, add, node, eventsKept });
    const common = { redis, events, instance, leaseMs, wallMs, log };
    const { graceMs } = times;
    this.calls = this.#calls = new RedisCalls({
      ...common,
      add,
      seal,
      node,
      onTaken,
      graceMs,
    });
    this.events = {
      append: (event) => {
        if (!this.#calls.keepsEnd(event)) events.append(event);
      },
    };
    this.costs = this.#costs = new RedisCosts({
      redis,
      add,
      owner: `${node}/${instance}`,
      wallMs,
    });
    this.peers = this.#peers = new RedisPeers({
      ...{ redis, redisUrl, commandMs, node, instance, log },
    });
    this.#lost = new LostCalls(common);
    this.#name = new NodeName({ redis, node, instance, leaseMs, log });
    this.#pulse = setInterval(() => this.#beat(), times.pulseMs);
  }

  get health(): StoreHealth {
    return {
      up: this.#redis.isUp,
      waiting: this.#outbox.waiting,
      droppedEvents: this.#droppedEvents,
      droppedSessions: this.#droppedSessions,
      errors: this.#redis.errors,
      swept: this.#lost.swept,
    };
  }

  async close(withinMs: number): Promise<void> {
    clearInterval(this.#pulse);
    await this.#outbox.close(withinMs);
    await Promise.all([
      this.#peers.close(),
      this.#redis.close(() => this.#name.release()),
    ]);
  }

  #welcome(): void {
    this.#outbox.kick();
    this.#beat();
  }

  /** What is done again and again: leases are renewed, lost calls swept, the day's cost read. */
  #beat(): void {
    this.#calls.renewAll();
    this.#peers.check();
    const redis = this.#redis;
    // Also while it refuses: nothing else may be asked that would show that it is well again.
    if (!redis.isConnected || this.#isLookingAround) return;
    this.#isLookingAround = true;
    this.#lookAround().then(() => {
      // What waits knows better.
      if (this.#outbox.waiting === 0) redis.worked();
    }).catch((error) => redis.failed(error)).finally(() =>
      this.#isLookingAround = false
    );
  }

  async #lookAround(): Promise<void> {
    await this.#name.hold();
    await this.#costs.exchange();
    await this.#lost.sweep();
  }

  #drop(write: RedisWrite, error?: unknown): void {
    if (error !== undefined) this.#redis.refused();
    if (write.holds === "event") this.#droppedEvents++;
    if (write.holds === "session") this.#droppedSessions++;
    write.dropped?.();
  }
}

/** Rejects with `Unwritable` when it can never be written. */
async function writeOne(item: RedisWrite): Promise<void> {
  try {
    await item.write();
  } catch (error) {
    throw asWriteError(error);
  }
}
