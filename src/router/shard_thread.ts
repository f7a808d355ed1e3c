import { Worker } from "node:worker_threads";
import {
  allocateDescriptorLedger,
  DescriptorLedger,
} from "../ring/descriptor_ledger.ts";
import type { FromShard, ShardMemory, ToShard } from "../shard/protocol.ts";

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

/** How {@linkcode shardThreads} starts them. */
export interface ShardThreadOptions {
  /** The bound of a shard's heap, in megabytes. */
  readonly heapMb: number;
  /** Closes a descriptor of a thread that is gone; without it shards open none by system calls of their own. */
  readonly closeDescriptor?: (fd: number) => void;
}

/**
 * Starts shards in workers of a bounded heap. Main thread. A web worker that
 * runs out of memory ends the process with all its calls; a worker of
 * `node:worker_threads` with a limit ends alone.
 */
export function shardThreads(
  { heapMb, closeDescriptor }: ShardThreadOptions,
): StartShardThread {
  return (shard, events) => {
    const descriptors = closeDescriptor && allocateDescriptorLedger();
    const memory: ShardMemory = { descriptors };
    const worker = new Worker(WORKER, {
      name: `shard ${shard}`,
      workerData: memory,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    worker.on("exit", () => {
      // The runtime closes what it opened itself; nothing of the thread runs any more.
      if (descriptors === undefined) return;
      new DescriptorLedger(descriptors).open.forEach(closeDescriptor!);
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
