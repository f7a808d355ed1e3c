import type { CallEvent } from "../../src/store/call_store.ts";
import { RedisStore, type StoreTimes } from "../../src/store/redis_store.ts";
import { createLog } from "../../src/telemetry/log.ts";

/** Times that make a test quick; a lease is ten pulses. */
export const QUICK_TIMES: StoreTimes = {
  leaseMs: 600,
  graceMs: 60_000,
  pulseMs: 60,
  commandMs: 500,
};

/** What a {@linkcode StoreNode} may be told. */
export interface StoreNodeOptions {
  readonly node?: string;
  readonly times?: Partial<StoreTimes>;
  readonly buffer?: number;
  /** The wall clock, in milliseconds. */
  readonly wallMs?: () => number;
}

/** A store as a node has it, and what it said. */
export interface StoreNode extends AsyncDisposable {
  readonly store: RedisStore;
  /** Calls that another node has now, as it was told. */
  readonly taken: readonly string[];
  readonly logged: ReadonlyArray<Record<string, unknown>>;
}

/** Opens a store at an address, whether it can be reached or not. */
export function openStoreNode(
  redisUrl: string,
  options: StoreNodeOptions = {},
): StoreNode {
  const taken: string[] = [];
  const logged: Array<Record<string, unknown>> = [];
  const store = new RedisStore({
    redisUrl,
    node: options.node ?? "node-1",
    keys: [{ id: "k1", bytes: new Uint8Array(32).fill(7) }],
    eventsKept: 10_000,
    buffer: options.buffer ?? 1000,
    times: { ...QUICK_TIMES, ...options.times },
    wallMs: options.wallMs,
    log: createLog({
      level: "debug",
      showPii: false,
      sink: (line) => logged.push(JSON.parse(line)),
    }),
    onTaken: (callId) => taken.push(callId),
  });
  return {
    store,
    taken,
    logged,
    [Symbol.asyncDispose]: () => store.close(1000),
  };
}

/** Reads the stream's events out of what `XRANGE vapi:events - +` was answered, line by line. */
export function readStream(answer: string): CallEvent[] {
  const lines = answer.split("\n");
  const events: CallEvent[] = [];
  for (const [i, line] of lines.entries()) {
    if (line !== "type") continue;
    const [, type, , callId, , at, , , , epoch, , seq, , data] = lines.slice(
      i,
      i + 14,
    );
    events.push({
      type: type as CallEvent["type"],
      callId,
      atMs: Number(at),
      epoch: Number(epoch),
      seq: Number(seq),
      data: JSON.parse(data),
    });
  }
  return events;
}

/** Without those that came again: same call, epoch and number. */
export function onlyOnce(events: readonly CallEvent[]): CallEvent[] {
  const seen = new Set<string>();
  return events.filter(({ callId, epoch, seq }) => {
    const key = `${callId} ${epoch} ${seq}`;
    return !seen.has(key) && seen.add(key);
  });
}
