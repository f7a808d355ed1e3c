import type { Log } from "../telemetry/log.ts";
import type { CallEvent } from "./call_store.ts";
import type { RedisConnection } from "./redis_connection.ts";
import { LIVE, type RedisEvents, sessionKey } from "./redis_events.ts";
import { CLAIM, DUE, TOUCH } from "./redis_scripts.ts";

const MOST_AT_ONCE = 100;

/** Parts of {@linkcode LostCalls}. */
export interface LostCallsOptions {
  readonly redis: RedisConnection;
  readonly events: RedisEvents;
  /** Names this process among all. */
  readonly instance: string;
  /** A call whose owner has not renewed it for so long is nobody's, in milliseconds. */
  readonly leaseMs: number;
  /** The wall clock, in milliseconds. */
  readonly wallMs: () => number;
  readonly log: Log;
}

/** Ends the calls that nobody has any more: each node looks for those of all nodes. Main thread. */
export class LostCalls {
  readonly #options: LostCallsOptions;
  #swept = 0;

  constructor(options: LostCallsOptions) {
    this.#options = options;
  }

  /** Calls whose node was lost and that nobody took. */
  get swept(): number {
    return this.#swept;
  }

  /** Ends some of those whose lease is over. */
  async sweep(): Promise<void> {
    const { redis, leaseMs } = this.#options;
    // Those who were cut off as we were renew theirs first.
    if (performance.now() < redis.upSinceMs + leaseMs) return;
    const over = await redis.eval(DUE, [LIVE], [MOST_AT_ONCE]);
    if (!Array.isArray(over)) throw new Error("Redis answers nonsense");
    for (const callId of over) await this.#sweepOne(String(callId));
  }

  async #sweepOne(callId: string): Promise<void> {
    const { redis, events, instance, leaseMs } = this.#options;
    const owner = `sweeper/${instance}`;
    const key = sessionKey(callId);
    const reply = await redis.eval(CLAIM, [key], [owner, leaseMs]);
    if (reply === 0) return void await redis.client.zrem(LIVE, callId);
    if (!Array.isArray(reply)) {
      // It lives: looked at again when its lease may be over.
      await redis.eval(TOUCH, [LIVE], [leaseMs, callId]);
      return;
    }
    const [epoch, node, kept] = reply.map(String);
    const left = readEvent(kept, callId);
    const ended = left ?? this.#lost(callId, { epoch, node });
    await events.end(callId, { owner, epoch, ended });
  }

  /** What is said of a call whose node said nothing. */
  #lost(
    callId: string,
    { epoch, node }: { readonly epoch: string; readonly node: string },
  ): CallEvent {
    this.#swept++;
    const { log, wallMs } = this.#options;
    const words = "A call's node was lost and nobody took it";
    log.warn(words, { callId, lostNode: node });
    return {
      type: "ended",
      callId,
      atMs: wallMs(),
      epoch: Number(epoch),
      seq: 0,
      data: { by: "node_lost", node },
    };
  }
}

function readEvent(text: string, callId: string): CallEvent | undefined {
  try {
    const event: CallEvent = JSON.parse(text);
    const isOurs = event.type === "ended" && event.callId === callId;
    return isOurs ? event : undefined;
  } catch {
    return undefined;
  }
}
