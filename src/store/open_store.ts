import type { Store } from "./call_store.ts";
import { MemoryStore } from "./memory_store.ts";
import { RedisStore, type RedisStoreOptions } from "./redis_store.ts";

/** What {@linkcode openStore} needs. */
export interface OpenStoreOptions extends Omit<RedisStoreOptions, "redisUrl"> {
  /** Undefined for a store in memory. */
  readonly redisUrl?: string;
}

/**
 * Opens the store that the settings ask for, and returns at once, whether it can
 * be reached or not. Main thread. Throws as {@linkcode RedisStore} does.
 */
export function openStore(options: OpenStoreOptions): Store {
  const { redisUrl, keys, log } = options;
  if (redisUrl === undefined) return new MemoryStore();
  if (keys.length === 0) {
    log.warn(
      "Numbers and transcripts are not stored, because SESSION_KEYS is not set (openssl rand -hex 32): a call that another node takes over goes on without its history",
    );
  }
  return new RedisStore({ ...options, redisUrl });
}
