import type { Cluster, Redis } from "ioredis";
import type { Log } from "../telemetry/log.ts";
import { Unwritable } from "./outbox.ts";
import {
  connectRedis,
  DISCONNECT_MS,
  parseRedisAddress,
} from "./redis_address.ts";

/** Answers that say that the server, not the command, is wrong; before Redis 7 a script's stand behind where it failed. */
const SERVER_TROUBLE =
  /(?:^|: ?-)(READONLY|OOM|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|MISCONF|NOAUTH|NOPERM|WRONGPASS|NOREPLICAS|UNKILLABLE)/;

/** Parts of a {@linkcode RedisConnection}. */
export interface RedisConnectionOptions {
  /** See `redis_address.ts`. */
  readonly redisUrl: string;
  /** A command that is not answered within that has failed, in milliseconds. */
  readonly commandMs: number;
  readonly log: Log;
  /** It is connected, for the first time or again. */
  readonly onReady: () => void;
}

/**
 * The way to Redis, and whether it can be used: whoever asks it for something
 * says how that went. Main thread. It connects by itself, again and again.
 */
export class RedisConnection {
  readonly client: Redis | Cluster;
  readonly isCluster: boolean;
  readonly #options: RedisConnectionOptions;
  #isUp = false;
  #isClosed = false;
  /** As it was logged last. */
  #wasUp?: boolean;
  #upSinceMs = Infinity;
  #errors = 0;

  /** Begins to connect and returns at once. Throws TypeError for an address that is none. */
  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    const address = parseRedisAddress(options.redisUrl);
    this.isCluster = address.kind === "cluster";
    const commandTimeoutMs = options.commandMs;
    this.client = connectRedis(address, { commandTimeoutMs });
    this.client.on("ready", () => {
      this.worked();
      options.onReady();
    });
    this.client.on("close", () => this.#become(false));
    // Told by the state; without a listener it would be an unhandled error.
    this.client.on("error", (error) => this.#become(false, error));
  }

  /** Whether it does what it is asked, as far as is known. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether there is a connection, over which it may refuse what it is asked. */
  get isConnected(): boolean {
    return this.client.status === "ready";
  }

  /** Since when it can be used, on the monotonic clock in milliseconds; Infinity before that. */
  get upSinceMs(): number {
    return this.#upSinceMs;
  }

  /** How often something failed. */
  get errors(): number {
    return this.#errors;
  }

  /** It did what it was asked. */
  worked(): void {
    this.#become(true);
  }

  /** It did not do what it was asked, and may be away. */
  failed(error: unknown): void {
    this.#errors++;
    this.#become(false, error);
  }

  /** It refused something for good, and is well. */
  refused(): void {
    this.#errors++;
  }

  /** Runs a script of `redis_scripts.ts`. */
  async eval(
    script: string,
    keys: readonly string[],
    values: ReadonlyArray<string | number>,
  ): Promise<unknown> {
    return await this.client.eval(script, keys.length, ...keys, ...values);
  }

  /** Does `last` if it can be used, and lets go of it. */
  async close(last: () => Promise<unknown>): Promise<void> {
    this.#isClosed = true;
    if (this.#isUp) await last().catch(() => {});
    if (this.client.status === "end") return;
    const ended = Promise.withResolvers<void>();
    this.client.once("end", ended.resolve);
    // Between two attempts there is no connection whose end is told, only a timer of the client's.
    const isBetween = /^(close|reconnecting)$/.test(this.client.status);
    this.client.disconnect();
    const mostMs = isBetween ? DISCONNECT_MS + 10 : this.#options.commandMs;
    const timer = setTimeout(ended.resolve, mostMs);
    await ended.promise;
    clearTimeout(timer);
  }

  #become(isUp: boolean, error?: unknown): void {
    this.#isUp = isUp;
    if (this.#isClosed) return;
    // An answer that comes too late would be taken for that to another command. Who refused before may hang now.
    if (!isUp && this.isConnected && isTimeout(error)) {
      this.client.disconnect(true);
    }
    if (this.#wasUp === isUp) return;
    this.#wasUp = isUp;
    const { log } = this.#options;
    if (isUp) {
      this.#upSinceMs = performance.now();
      log.info("Redis can be reached");
    } else {
      log.warn("Redis cannot be used; calls go on and writes wait", {
        error: describe(error),
      });
    }
  }
}

/** Tells a command that can never succeed from a server that may recover. */
export function asWriteError(error: unknown): unknown {
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
