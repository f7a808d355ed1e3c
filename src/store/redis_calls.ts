// Long because: all that is written of a call that we have, and what the answers mean, is in one place.
import type { Log } from "../telemetry/log.ts";
import type {
  CallEvent,
  CallRecord,
  CallStore,
  Ownership,
} from "./call_store.ts";
import { decodeRecord, encodeRecord } from "./record_codec.ts";
import type { RedisConnection } from "./redis_connection.ts";
import { LIVE, type RedisEvents, sessionKey } from "./redis_events.ts";
import { PART, SAVE, TAKE, TOUCH } from "./redis_scripts.ts";
import type { AddWrite } from "./redis_write.ts";
import type { Seal } from "./seal.ts";

/** A record lives so long after its last sign of life, as the deployment plan says. */
const EXPIRE_S = 3600;

/** Parts of {@linkcode RedisCalls}. */
export interface RedisCallsOptions {
  readonly redis: RedisConnection;
  readonly events: RedisEvents;
  readonly add: AddWrite;
  readonly seal: Seal;
  readonly node: string;
  /** Names this process among all. */
  readonly instance: string;
  /** A call of ours has another owner now. */
  readonly onTaken: (callId: string) => void;
  /** A call whose owner has not renewed it for so long is nobody's, in milliseconds. */
  readonly leaseMs: number;
  /** A call that parted and was not taken for so long has ended, in milliseconds. */
  readonly graceMs: number;
  /** The wall clock, in milliseconds. */
  readonly wallMs: () => number;
  readonly log: Log;
}

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

/** The calls of this node: whose they are, and what the next owner needs of them. Main thread. */
export class RedisCalls implements CallStore {
  readonly #options: RedisCallsOptions;
  readonly #owner: string;
  readonly #own = new Map<string, OwnCall>();

  constructor(options: RedisCallsOptions) {
    this.#options = options;
    this.#owner = `${options.node}/${options.instance}`;
  }

  async take(callId: string, withinMs: number): Promise<Ownership> {
    const call: OwnCall = {
      callId,
      epoch: 1,
      toldEpoch: 0,
      isConfirmed: false,
      isSaving: false,
      isRenewing: false,
    };
    this.#own.set(callId, call);
    const { redis } = this.#options;
    if (!redis.isUp) return this.#tellEpoch(call);
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, withinMs, undefined);
    const taken = this.#claimOwnership(call).catch((error) => {
      redis.failed(error);
      return undefined;
    });
    const ownership = await Promise.race([taken, late.promise]);
    clearTimeout(timer);
    return ownership ?? this.#tellEpoch(call);
  }

  save(record: CallRecord): void {
    const call = this.#own.get(record.callId);
    if (call === undefined) return;
    call.record = record;
    if (call.isSaving) return;
    call.isSaving = true;
    this.#options.add({
      holds: "session",
      bounded: false,
      droppable: true,
      write: () => this.#writeRecord(call),
      dropped: () => call.isSaving = false,
    });
  }

  async part(
    callId: string,
    { ended, withinMs, graceMs = this.#options.graceMs }: {
      readonly ended: CallEvent;
      readonly withinMs: number;
      readonly graceMs?: number;
    },
  ): Promise<void> {
    const call = this.#own.get(callId);
    if (call === undefined) return;
    this.#own.delete(callId);
    const done = Promise.withResolvers<void>();
    const timer = setTimeout(done.resolve, withinMs);
    this.#options.add({
      holds: "session",
      bounded: true,
      droppable: false,
      write: async () => {
        await this.#writePart(call, { ended, graceMs });
        done.resolve();
      },
      dropped: done.resolve,
    });
    await done.promise;
    clearTimeout(timer);
  }

  finish(callId: string): void {
    const call = this.#own.get(callId);
    if (call === undefined) return;
    this.#own.delete(callId);
    const bounded = call.ended !== undefined;
    // Redis was never asked for it.
    const isUnknown = !call.isConfirmed && call.claim === undefined;
    if (isUnknown && !bounded) return;
    this.#options.add({
      holds: "event",
      bounded,
      droppable: false,
      write: () => this.#writeEnd(call),
    });
  }

  /** Keeps the event that ends a call of ours, to be told in one step with the end itself; false for any other event. */
  keepsEnd(event: CallEvent): boolean {
    const call = this.#own.get(event.callId);
    if (event.type !== "ended" || call === undefined) return false;
    call.ended = event;
    return true;
  }

  /** Says of all calls that they are still ours. */
  renewAll(): void {
    for (const call of this.#own.values()) {
      if (call.isRenewing) continue;
      call.isRenewing = true;
      this.#options.add({
        holds: "session",
        bounded: false,
        droppable: true,
        write: async () => {
          await this.#writeOwned(call, []);
          call.isRenewing = false;
        },
        dropped: () => call.isRenewing = false,
      });
    }
  }

  /** An epoch that no owner had or will have: events are known by it, and others may have the call while Redis is away. */
  #tellEpoch(call: OwnCall): Ownership {
    call.toldEpoch = Math.floor(this.#options.wallMs());
    return { epoch: call.toldEpoch };
  }

  /** Asked once at a time: the later of two answers would make the earlier one another owner's. */
  #claimOwnership(call: OwnCall): Promise<Ownership> {
    return call.claim ??= this.#claim(call).finally(() =>
      call.claim = undefined
    );
  }

  async #claim(call: OwnCall): Promise<Ownership> {
    const { redis, leaseMs, node } = this.#options;
    const { callId } = call;
    const reply = await redis.eval(TAKE, [sessionKey(callId)], [
      this.#owner,
      leaseMs,
      EXPIRE_S,
      node,
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
    const { seal, log } = this.#options;
    try {
      return decodeRecord(callId, { fields, seal });
    } catch (error) {
      const words = "A call's record cannot be read; it goes on without";
      log.warn(words, { callId, error });
      return undefined;
    }
  }

  async #writeRecord(call: OwnCall): Promise<void> {
    // A call that was finished meanwhile has no record any more.
    if (!this.#isOurs(call)) return;
    const record = call.record!;
    await this.#writeOwned(call, encodeRecord(record, this.#options.seal));
    call.isSaving = false;
    if (call.record !== record) this.save(call.record!);
  }

  async #writeOwned(call: OwnCall, fields: readonly string[]): Promise<void> {
    if (!this.#isOurs(call)) return;
    if (!call.isConfirmed) await this.#claimOwnership(call);
    // It may have left us meanwhile.
    if (!this.#isOurs(call)) return;
    const { redis, leaseMs, node, onTaken } = this.#options;
    const [outcome] = await Promise.all([
      redis.eval(SAVE, [sessionKey(call.callId)], [
        this.#owner,
        call.epoch,
        leaseMs,
        EXPIRE_S,
        node,
        ...fields,
      ]),
      redis.eval(TOUCH, [LIVE], [leaseMs, call.callId]),
    ]);
    if (!this.#isOurs(call)) return;
    // Redis has lost it, and perhaps everything: what is known is written again.
    if (outcome === 3 && call.record !== undefined) this.save(call.record);
    if (outcome !== 0) return;
    this.#own.delete(call.callId);
    onTaken(call.callId);
  }

  #isOurs(call: OwnCall): boolean {
    return this.#own.get(call.callId) === call;
  }

  async #writePart(
    call: OwnCall,
    { ended, graceMs }: {
      readonly ended: CallEvent;
      readonly graceMs: number;
    },
  ): Promise<void> {
    const { redis, node, seal } = this.#options;
    await call.claim?.catch(() => {});
    const { callId, record } = call;
    // One that Redis does not know as ours may be another node's by now: it is not claimed.
    const fields = record === undefined ? [] : encodeRecord(record, seal);
    await Promise.all([
      redis.eval(PART, [sessionKey(callId)], [
        this.#owner,
        call.epoch,
        graceMs,
        EXPIRE_S,
        node,
        ...fields,
        "ended",
        JSON.stringify(ended),
      ]),
      redis.eval(TOUCH, [LIVE], [graceMs, callId]),
    ]);
  }

  async #writeEnd(call: OwnCall): Promise<void> {
    // The channel is gone, so that nobody else can have it.
    if (!call.isConfirmed) await this.#claimOwnership(call);
    const { callId, epoch, ended } = call;
    const owner = this.#owner;
    await this.#options.events.end(callId, { owner, epoch, ended });
  }
}
