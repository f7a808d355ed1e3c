import { Worker } from "node:worker_threads";
import {
  allocateDescriptorLedger,
  DescriptorLedger,
} from "../ring/descriptor_ledger.ts";
import { type DescriptorRoom, startInRoom } from "../ring/thread_room.ts";
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
  /** Ends it. */
  end(): void;
  /** Gives up a thread that never comes back, of this number in the system if that is known: it keeps nobody from working, and its connections end. */
  abandon(thread: number | undefined): void;
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
  /** Looks after what threads leave behind; without it shards open no descriptors by system calls of their own. */
  readonly care?: ThreadCare;
  /** Has descriptors for a thread when the machine has none left. */
  readonly room?: DescriptorRoom;
  /** Another composition root than the server's. */
  readonly module?: URL;
}

/** What is done by system calls for a thread that has ended, or never comes back; see `net/threads.ts`. */
export interface ThreadCare {
  /** Closes a descriptor of a thread that has ended. */
  closeDescriptor(fd: number): void;
  /** Ends a connection of a thread that never comes back; the number stays taken, so that the thread cannot meet another's. */
  shutDown(fd: number): void;
  /** Lets a thread run only when no other wants to: what never comes back then costs nobody anything. */
  putLast(thread: number): void;
}

/**
 * Starts shards in workers of a bounded heap. Main thread. A web worker that
 * runs out of memory ends the process with all its calls; a worker of
 * `node:worker_threads` with a limit ends alone. It throws OverloadError where a
 * thread would end the process for want of descriptors.
 */
export function shardThreads(
  { heapMb, care, room, module = WORKER }: ShardThreadOptions,
): StartShardThread {
  return (shard, events) => {
    const descriptors = care && allocateDescriptorLedger();
    const memory: ShardMemory = { descriptors };
    const worker = startInRoom(room, () =>
      new Worker(module, {
        name: `shard ${shard}`,
        workerData: memory,
        resourceLimits: { maxOldGenerationSizeMb: heapMb },
      }));
    let hangs = false;
    worker.on("exit", () => {
      if (descriptors === undefined) return;
      // The runtime closes what it opened itself.
      const { open } = new DescriptorLedger(descriptors);
      open.forEach(hangs ? care!.shutDown : care!.closeDescriptor);
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
      abandon: (thread) => {
        // The runtime says that it has ended, and lets it go on (Deno 2.9.6).
        hangs = true;
        worker.terminate();
        if (thread !== undefined) care?.putLast(thread);
      },
    };
  };
}
