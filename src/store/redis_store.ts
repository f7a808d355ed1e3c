// Long because: all that is written to Redis of a call, and what its answers mean, is in one place.
import type { Cluster, Redis } from "ioredis";
import type { Log } from "../telemetry/log.ts";
import type {
  CallEvent,
  CallRecord,
  CallStore,
  CostLedger,
  EventLog,
  Ownership,
  Store,
  StoreHealth,
  StoreOptions,
} from "./call_store.ts";
import { chinaDay } from "./china_day.ts";
import { Outbox, Unwritable, type Waiting } from "./outbox.ts";
import { decodeRecord, encodeRecord } from "./record_codec.ts";
import {
  connectRedis,
  DISCONNECT_MS,
  parseRedisAddress,
} from "./redis_address.ts";
import {
  CLAIM,
  DUE,
  FINISH,
  FINISH_AND_TELL,
  PART,
  SAVE,
  SPEND,
  TAKE,
  TOUCH,
} from "./redis_scripts.ts";
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
/** A record lives so long after its last sign of life, as the deployment plan says. */
const EXPIRE_S = 3600;
const COST_EXPIRE_S = 3 * 86_400;
const STREAM = "vapi:events";
const LIVE = "vapi:live";
const MOST_SWEPT_AT_ONCE = 100;
/** Answers that say that the server, not the command, is wrong; before Redis 7 a script's stand behind where it failed. */
const SERVER_TROUBLE =
  /(?:^|: ?-)(READONLY|OOM|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|MISCONF|NOAUTH|NOPERM|WRONGPASS|NOREPLICAS|UNKILLABLE)/;

/** A call of ours. */
interface OwnCall {
  readonly callId: string;
  /** That of the record in Redis. */
  epoch: number;
  /** What its events say when Redis did not answer in time; 0 when it did. */
  toldEpoch: number;
  /** Whether Redis knows that it is ours. */
  isConfirmed: boolean;
  record?: CallRecord;
  /** The event that ends it, until it is finished. */
  ended?: CallEvent;
  /** The question whose it is, while it waits for its answer. */
  claim?: Promise<Ownership>;
  isSaving: boolean;
  isRenewing: boolean;
}

type Item =
  & Waiting
  & (
    | { readonly type: "event"; readonly event: CallEvent }
    | { readonly type: "save" | "renew" | "finish"; readonly call: OwnCall }
    | {
      readonly type: "part";
      readonly call: OwnCall;
      readonly ended: CallEvent;
      readonly done: () => void;
    }
    | { readonly type: "cost"; readonly cny: number }
  );

/**
 * Sessions, events and costs in Redis. Main thread. Whatever Redis does, nothing
 * here throws or makes a call wait for longer than it said: writes wait in one
 * bounded outbox.
 */
export class RedisStore implements Store {
  readonly calls: CallStore;
  readonly events: EventLog;
  readonly costs: CostLedger;
  readonly #options: RedisStoreOptions;
  readonly #times: StoreTimes;
  readonly #seal: Seal;
  readonly #client: Redis | Cluster;
  readonly #isCluster: boolean;
  readonly #outbox: Outbox<Item>;
  readonly #pulse: ReturnType<typeof setInterval>;
  readonly #wallMs: () => number;
  /** Names this process among all that ever had the node's name. */
  readonly #instance = crypto.randomUUID();
  readonly #owner: string;
  readonly #own = new Map<string, OwnCall>();
  readonly #counts = {
    droppedEvents: 0,
    droppedSessions: 0,
    errors: 0,
    swept: 0,
  };
  #isUp = false;
  #isClosed = false;
  #wasUp?: boolean;
  #isShared = false;
  /** Since when the node's name has been another process'; what a crash left is gone after a lease. */
  #foreignSinceMs?: number;
  #isSweeping = false;
  /** From when on calls may be swept: those who were cut off as we were renew theirs first. */
  #sweepFromMs = Infinity;
  #spent = { day: "", cny: 0, waitingCny: 0 };

  /** Begins to connect and returns at once. Throws TypeError for an address that is none, RangeError for a key that is none. */
  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#wallMs = options.wallMs ?? Date.now;
    this.#seal = new Seal(options.keys);
    this.#owner = `${options.node}/${this.#instance}`;
    const address = parseRedisAddress(options.redisUrl);
    this.#isCluster = address.kind === "cluster";
    const { commandMs } = this.#times;
    this.#client = connectRedis(address, { commandTimeoutMs: commandMs });
    this.#client.on("ready", () => this.#welcome());
    this.#client.on("close", () => this.#become(false));
    // Told by the state; without a listener it would be an unhandled error.
    this.#client.on("error", (error) => this.#become(false, error));
    this.#outbox = new Outbox<Item>({
      most: options.buffer,
      write: (item) => this.#write(item),
      state: (isUp, error) => {
        if (!isUp) this.#counts.errors++;
        this.#become(isUp, error);
      },
      dropped: (item, error) => this.#drop(item, error),
    });
    this.calls = {
      take: (callId, withinMs) => this.#take(callId, withinMs),
      save: (record) => this.#save(record),
      part: (callId, how) => this.#part(callId, how),
      finish: (callId) => this.#finish(callId),
    };
    this.events = { append: (event) => this.#append(event) };
    this.costs = this.#makeLedger();
    this.#pulse = setInterval(() => this.#beat(), this.#times.pulseMs);
  }

  get health(): StoreHealth {
    const waiting = this.#outbox.waiting;
    return { up: this.#isUp, waiting, ...this.#counts };
  }

  async close(withinMs: number): Promise<void> {
    clearInterval(this.#pulse);
    await this.#outbox.close(withinMs);
    this.#isClosed = true;
    if (this.#isUp && !this.#isShared) {
      await this.#client.del(this.#nodeKey).catch(() => {});
    }
    if (this.#client.status === "end") return;
    const ended = Promise.withResolvers<void>();
    this.#client.once("end", ended.resolve);
    // Between two attempts there is no connection whose end is told, only a timer of the client's.
    const isBetween = /^(close|reconnecting)$/.test(this.#client.status);
    this.#client.disconnect();
    const mostMs = isBetween ? DISCONNECT_MS + 10 : this.#times.commandMs;
    const timer = setTimeout(ended.resolve, mostMs);
    await ended.promise;
    clearTimeout(timer);
  }

  get #nodeKey(): string {
    return `node:${this.#options.node}`;
  }

  async #take(callId: string, withinMs: number): Promise<Ownership> {
    const call: OwnCall = {
      callId,
      epoch: 1,
      toldEpoch: 0,
      isConfirmed: false,
      isSaving: false,
      isRenewing: false,
    };
    this.#own.set(callId, call);
    if (!this.#isUp) return this.#tellEpoch(call);
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, withinMs, undefined);
    const taken = this.#claimOwnership(call).catch((error) => {
      this.#counts.errors++;
      this.#become(false, error);
      return undefined;
    });
    const ownership = await Promise.race([taken, late.promise]);
    clearTimeout(timer);
    return ownership ?? this.#tellEpoch(call);
  }

  /** An epoch that no owner had or will have: events are known by it, and others may have the call while Redis is away. */
  #tellEpoch(call: OwnCall): Ownership {
    call.toldEpoch = Math.floor(this.#wallMs());
    return { epoch: call.toldEpoch };
  }

  /** Asked once at a time: the later of two answers would make the earlier one another owner's. */
  #claimOwnership(call: OwnCall): Promise<Ownership> {
    return call.claim ??= this.#claim(call).finally(() =>
      call.claim = undefined
    );
  }

  async #claim(call: OwnCall): Promise<Ownership> {
    const { callId } = call;
    const reply = await this.#eval(TAKE, [sessionKey(callId)], [
      this.#owner,
      this.#times.leaseMs,
      EXPIRE_S,
      this.#options.node,
      call.toldEpoch,
    ]);
    if (!Array.isArray(reply)) throw new Error("Redis answers nonsense");
    const [epoch, fields] = reply as [unknown, unknown];
    if (!Number.isSafeInteger(epoch) || (epoch as number) < 1) {
      throw new Error("Redis answers nonsense");
    }
    call.epoch = epoch as number;
    // An answer that came too late knows nothing of the epoch that was told since: asked once more.
    call.isConfirmed = call.epoch >= call.toldEpoch;
    return { epoch: call.epoch, earlier: this.#readEarlier(callId, fields) };
  }

  /** What cannot be read is as good as not there: the call goes on without. */
  #readEarlier(callId: string, value: unknown): CallRecord | undefined {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    const fields: Record<string, string> = {};
    for (let i = 0; i + 1 < value.length; i += 2) {
      fields[String(value[i])] = String(value[i + 1]);
    }
    // Taken, but nothing was said or kept yet.
    if (fields.version === undefined) return undefined;
    try {
      return decodeRecord(callId, { fields, seal: this.#seal });
    } catch (error) {
      this.#options.log.warn(
        "A call's record cannot be read; it goes on without",
        {
          callId,
          error,
        },
      );
      return undefined;
    }
  }

  #save(record: CallRecord): void {
    const call = this.#own.get(record.callId);
    if (call === undefined) return;
    call.record = record;
    if (call.isSaving) return;
    call.isSaving = true;
    this.#outbox.add({ type: "save", call, bounded: false, droppable: true });
  }

  #append(event: CallEvent): void {
    const call = this.#own.get(event.callId);
    if (event.type === "ended" && call !== undefined) {
      // Told in one step with the end itself.
      call.ended = event;
      return;
    }
    const droppable = event.type !== "ended";
    this.#outbox.add({ type: "event", event, bounded: true, droppable });
  }

  async #part(
    callId: string,
    { ended, withinMs }: {
      readonly ended: CallEvent;
      readonly withinMs: number;
    },
  ): Promise<void> {
    const call = this.#own.get(callId);
    if (call === undefined) return;
    this.#own.delete(callId);
    const done = Promise.withResolvers<void>();
    const timer = setTimeout(done.resolve, withinMs);
    this.#outbox.add({
      type: "part",
      call,
      ended,
      done: done.resolve,
      bounded: true,
      droppable: false,
    });
    await done.promise;
    clearTimeout(timer);
  }

  #finish(callId: string): void {
    const call = this.#own.get(callId);
    if (call === undefined) return;
    this.#own.delete(callId);
    const bounded = call.ended !== undefined;
    // Redis was never asked for it.
    const isUnknown = !call.isConfirmed && call.claim === undefined;
    if (isUnknown && !bounded) return;
    this.#outbox.add({ type: "finish", call, bounded, droppable: false });
  }

  /** Writes one item; rejects when it is to be tried again. */
  async #write(item: Item): Promise<void> {
    try {
      switch (item.type) {
        case "event":
          return void await this.#xadd(item.event);
        case "save":
          return await this.#writeRecord(item.call);
        case "renew":
          await this.#writeOwned(item.call, []);
          item.call.isRenewing = false;
          return;
        case "part":
          return await this.#writePart(item);
        case "finish":
          return await this.#writeEnd(item.call);
        case "cost":
          return await this.#writeCost(item.cny);
      }
    } catch (error) {
      throw asWriteError(error);
    }
  }

  async #writeRecord(call: OwnCall): Promise<void> {
    // A call that was finished meanwhile has no record any more.
    if (this.#own.get(call.callId) !== call) return;
    const record = call.record!;
    await this.#writeOwned(call, encodeRecord(record, this.#seal));
    call.isSaving = false;
    if (call.record !== record) this.#save(call.record!);
  }

  async #writeOwned(call: OwnCall, fields: readonly string[]): Promise<void> {
    if (this.#own.get(call.callId) !== call) return;
    if (!call.isConfirmed) await this.#claimOwnership(call);
    // It may have left us meanwhile.
    if (this.#own.get(call.callId) !== call) return;
    const { leaseMs } = this.#times;
    const [outcome] = await Promise.all([
      this.#eval(SAVE, [sessionKey(call.callId)], [
        this.#owner,
        call.epoch,
        leaseMs,
        EXPIRE_S,
        this.#options.node,
        ...fields,
      ]),
      this.#eval(TOUCH, [LIVE], [leaseMs, call.callId]),
    ]);
    if (this.#own.get(call.callId) !== call) return;
    // Redis has lost it, and perhaps everything: what is known is written again.
    if (outcome === 3 && call.record !== undefined) this.#save(call.record);
    if (outcome !== 0) return;
    this.#own.delete(call.callId);
    this.#options.onTaken(call.callId);
  }

  async #writePart(item: Extract<Item, { type: "part" }>): Promise<void> {
    const { call, ended, done } = item;
    const { graceMs } = this.#times;
    await call.claim?.catch(() => {});
    const { callId, record } = call;
    // One that Redis does not know as ours may be another node's by now: it is not claimed.
    const fields = record === undefined ? [] : encodeRecord(record, this.#seal);
    await Promise.all([
      this.#eval(PART, [sessionKey(callId)], [
        this.#owner,
        call.epoch,
        graceMs,
        EXPIRE_S,
        this.#options.node,
        ...fields,
        "ended",
        JSON.stringify(ended),
      ]),
      this.#eval(TOUCH, [LIVE], [graceMs, callId]),
    ]);
    done();
  }

  async #writeEnd(call: OwnCall): Promise<void> {
    // The channel is gone, so that nobody else can have it.
    if (!call.isConfirmed) await this.#claimOwnership(call);
    const { callId, epoch, ended } = call;
    await this.#end(callId, { owner: this.#owner, epoch, ended });
  }

  async #end(
    callId: string,
    { owner, epoch, ended }: {
      readonly owner: string;
      readonly epoch: number | string;
      readonly ended?: CallEvent;
    },
  ): Promise<void> {
    const key = sessionKey(callId);
    if (ended !== undefined && !this.#isCluster) {
      await this.#eval(FINISH_AND_TELL, [key, STREAM, LIVE], [
        owner,
        epoch,
        this.#options.eventsKept,
        callId,
        ...eventFields(ended, this.#options.node),
      ]);
      return;
    }
    // Keys of a cluster may be on different servers: said first, so that it is said at least once.
    if (ended !== undefined) await this.#xadd(ended);
    await this.#eval(FINISH, [key], [owner, epoch]);
    await this.#client.zrem(LIVE, callId);
  }

  #xadd(event: CallEvent): Promise<unknown> {
    const { eventsKept, node } = this.#options;
    const fields = eventFields(event, node);
    return this.#client.xadd(STREAM, "MAXLEN", "~", eventsKept, "*", ...fields);
  }

  #makeLedger(): CostLedger {
    const spent = () => {
      const day = chinaDay(this.#wallMs());
      if (this.#spent.day !== day) {
        this.#spent = { day, cny: 0, waitingCny: 0 };
      }
      return this.#spent;
    };
    return {
      add: (cny) => {
        if (!(cny > 0)) return;
        spent().waitingCny += cny;
        const rest = { bounded: false, droppable: true };
        this.#outbox.add({ type: "cost", cny, ...rest });
      },
      get spentTodayCny() {
        const { cny, waitingCny } = spent();
        return cny + waitingCny;
      },
    };
  }

  async #writeCost(cny: number): Promise<void> {
    const day = chinaDay(this.#wallMs());
    const key = costKey(day);
    const total = Number(await this.#eval(SPEND, [key], [cny, COST_EXPIRE_S]));
    if (this.#spent.day !== day || !isAmount(total)) return;
    this.#spent.cny = total;
    this.#spent.waitingCny = Math.max(0, this.#spent.waitingCny - cny);
  }

  async #readCost(): Promise<void> {
    const day = chinaDay(this.#wallMs());
    const total = Number(await this.#client.get(costKey(day)) ?? 0);
    if (!isAmount(total)) return;
    if (this.#spent.day === day) this.#spent.cny = total;
    else this.#spent = { day, cny: total, waitingCny: 0 };
  }

  /** What is done again and again: leases are renewed, lost calls swept, the day's cost read. */
  #beat(): void {
    for (const call of this.#own.values()) {
      if (call.isRenewing) continue;
      call.isRenewing = true;
      this.#outbox.add({
        type: "renew",
        call,
        bounded: false,
        droppable: true,
      });
    }
    // Also while it refuses: nothing else may be asked that would show that it is well again.
    if (this.#client.status !== "ready" || this.#isSweeping) return;
    this.#isSweeping = true;
    this.#lookAround().then(() => {
      // What waits knows better.
      if (this.#outbox.waiting === 0) this.#become(true);
    }).catch((error) => {
      this.#counts.errors++;
      this.#become(false, error);
    }).finally(() => this.#isSweeping = false);
  }

  async #lookAround(): Promise<void> {
    await this.#showNode();
    await this.#readCost();
    if (performance.now() < this.#sweepFromMs) return;
    const over = await this.#eval(DUE, [LIVE], [MOST_SWEPT_AT_ONCE]);
    if (!Array.isArray(over)) throw new Error("Redis answers nonsense");
    for (const callId of over) await this.#sweep(String(callId));
  }

  async #showNode(): Promise<void> {
    const { leaseMs } = this.#times;
    const key = this.#nodeKey;
    const isFree = await this.#client.set(
      key,
      this.#instance,
      "PX",
      leaseMs,
      "NX",
    );
    const owner = isFree ? this.#instance : await this.#client.get(key);
    if (owner === this.#instance) {
      this.#foreignSinceMs = undefined;
      if (!isFree) await this.#client.pexpire(key, leaseMs);
      return;
    }
    const nowMs = performance.now();
    this.#foreignSinceMs ??= nowMs;
    if (this.#isShared || nowMs - this.#foreignSinceMs <= leaseMs) return;
    this.#isShared = true;
    const { log, node } = this.#options;
    log.error("Another node has this node's name; set NODE_NAME", { node });
  }

  async #sweep(callId: string): Promise<void> {
    const sweeper = `sweeper/${this.#instance}`;
    const { leaseMs } = this.#times;
    const key = sessionKey(callId);
    const reply = await this.#eval(CLAIM, [key], [sweeper, leaseMs]);
    if (reply === 0) return void await this.#client.zrem(LIVE, callId);
    if (!Array.isArray(reply)) {
      // It lives: looked at again when its lease may be over.
      await this.#eval(TOUCH, [LIVE], [leaseMs, callId]);
      return;
    }
    const [epoch, node, kept] = reply.map(String);
    const left = readEvent(kept, callId);
    if (left === undefined) {
      this.#counts.swept++;
      this.#options.log.warn("A call's node was lost and nobody took it", {
        callId,
        lostNode: node,
      });
    }
    const ended = left ?? {
      type: "ended",
      callId,
      atMs: this.#wallMs(),
      epoch: Number(epoch),
      seq: 0,
      data: { by: "node_lost", node },
    };
    await this.#end(callId, { owner: sweeper, epoch, ended });
  }

  async #eval(
    script: string,
    keys: readonly string[],
    values: ReadonlyArray<string | number>,
  ): Promise<unknown> {
    return await this.#client.eval(script, keys.length, ...keys, ...values);
  }

  #welcome(): void {
    this.#become(true);
    this.#outbox.kick();
    this.#beat();
  }

  #become(isUp: boolean, error?: unknown): void {
    this.#isUp = isUp;
    if (this.#isClosed) return;
    // An answer that comes too late would be taken for that to another command. Who refused before may hang now.
    const isConnected = this.#client.status === "ready";
    if (!isUp && isConnected && isTimeout(error)) this.#client.disconnect(true);
    if (this.#wasUp === isUp) return;
    const { log } = this.#options;
    if (isUp) {
      this.#sweepFromMs = performance.now() + this.#times.leaseMs;
      log.info("Redis can be reached");
    } else {
      log.warn("Redis cannot be used; calls go on and writes wait", {
        error: describe(error),
      });
    }
    this.#wasUp = isUp;
  }

  #drop(item: Item, error?: unknown): void {
    if (error !== undefined) this.#counts.errors++;
    if (item.type === "event" || item.type === "finish") {
      this.#counts.droppedEvents++;
    } else if (item.type !== "cost") this.#counts.droppedSessions++;
    if (item.type === "save") item.call.isSaving = false;
    if (item.type === "renew") item.call.isRenewing = false;
    if (item.type === "part") item.done();
  }
}

function sessionKey(callId: string): string {
  return `session:${callId}`;
}

function costKey(day: string): string {
  return `vapi:cost:${day}`;
}

function eventFields(event: CallEvent, node: string): string[] {
  const { type, callId, atMs, epoch, seq, data } = event;
  return Object.entries({
    type,
    callId,
    at: String(atMs),
    node,
    epoch: String(epoch),
    seq: String(seq),
    data: JSON.stringify(data),
  }).flat();
}

function readEvent(text: string, callId: string): CallEvent | undefined {
  try {
    const event: CallEvent = JSON.parse(text);
    return event.type === "ended" && event.callId === callId
      ? event
      : undefined;
  } catch {
    return undefined;
  }
}

function isAmount(cny: number): boolean {
  return Number.isFinite(cny) && cny >= 0;
}

/** Tells a command that can never succeed from a server that may recover. */
function asWriteError(error: unknown): unknown {
  const isReply = error instanceof Error && error.name === "ReplyError";
  if (!isReply || SERVER_TROUBLE.test(error.message)) return error;
  return new Unwritable(error.message, { cause: error });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timed out/i.test(error.message);
}

/** An address may have a password in it, and a command its values: only words of the error. */
function describe(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : "no connection";
}
