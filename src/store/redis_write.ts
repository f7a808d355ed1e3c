import type { Waiting } from "./outbox.ts";

/** Something that waits to be written to Redis. */
export interface RedisWrite extends Waiting {
  /** What is lost with it, and counted, when it is dropped. */
  readonly holds: "event" | "session" | "cost";
  /** Rejects when it is to be tried again. */
  write(): Promise<unknown>;
  /** It will not be written. */
  dropped?(): void;
}

/** Puts something behind what waits already. */
export type AddWrite = (write: RedisWrite) => void;
