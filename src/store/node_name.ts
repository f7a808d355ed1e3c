import type { Log } from "../telemetry/log.ts";
import type { RedisConnection } from "./redis_connection.ts";

/** Parts of a {@linkcode NodeName}. */
export interface NodeNameOptions {
  readonly redis: RedisConnection;
  readonly node: string;
  /** Names this process among all that ever had the node's name. */
  readonly instance: string;
  /** What a crash left is gone after so long, in milliseconds. */
  readonly leaseMs: number;
  readonly log: Log;
}

/** Holds the node's name, and says when another process has it for longer than a crash explains. Main thread. */
export class NodeName {
  readonly #options: NodeNameOptions;
  readonly #key: string;
  #foreignSinceMs?: number;
  #isShared = false;

  constructor(options: NodeNameOptions) {
    this.#options = options;
    this.#key = `node:${options.node}`;
  }

  /** Takes the name, or renews what is held of it. */
  async hold(): Promise<void> {
    const { redis: { client }, instance, leaseMs, log, node } = this.#options;
    const key = this.#key;
    const isFree = await client.set(key, instance, "PX", leaseMs, "NX");
    const owner = isFree ? instance : await client.get(key);
    if (owner === instance) {
      this.#foreignSinceMs = undefined;
      if (!isFree) await client.pexpire(key, leaseMs);
      return;
    }
    const nowMs = performance.now();
    this.#foreignSinceMs ??= nowMs;
    if (this.#isShared || nowMs - this.#foreignSinceMs <= leaseMs) return;
    this.#isShared = true;
    log.error("Another node has this node's name; set NODE_NAME", { node });
  }

  /** Lets the name go, unless it is another's as well. */
  async release(): Promise<void> {
    if (!this.#isShared) await this.#options.redis.client.del(this.#key);
  }
}
