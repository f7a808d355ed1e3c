import { Worker } from "node:worker_threads";
import type { FromShard, ToShard } from "../shard/protocol.ts";

/** The worker's composition root. */
const WORKER = new URL("../../workers/shard_worker.ts", import.meta.url);

/** What a shard's thread tells, on the main thread. */
export interface ShardThreadEvents {
  heard(message: FromShard): void;
  /** The thread has ended or is about to; may come more than once. */
  died(error: unknown): void;
}

/** A shard's thread, as the main thread holds it. */
export interface ShardThread {
  post(message: ToShard): void;
  /** Ends it at once, whatever it does. */
  end(): void;
}

/** Starts the thread of a shard. */
export type StartShardThread = (
  shard: number,
  events: ShardThreadEvents,
) => ShardThread;

/**
 * Starts shards in workers of a bounded heap, in megabytes. Main thread. A
 * web worker that runs out of memory ends the process with all its calls; a worker
 * of `node:worker_threads` with a limit ends alone.
 */
export function shardThreads(heapMb: number): StartShardThread {
  return (shard, events) => {
    const worker = new Worker(WORKER, {
      name: `shard ${shard}`,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    worker.on("message", (message: FromShard) => events.heard(message));
    worker.on("messageerror", (error) => events.died(error));
    worker.on("error", (error) => events.died(error));
    worker.on(
      "exit",
      (code) => events.died(new Error(`The thread ended with code ${code}`)),
    );
    return {
      post: (message) => worker.postMessage(message),
      end: () => void worker.terminate(),
    };
  };
}
