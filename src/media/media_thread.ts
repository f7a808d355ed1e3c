import { Worker } from "node:worker_threads";
import type { Libc } from "../net/libc.ts";
import { threadCare } from "../net/threads.ts";
import {
  allocateDescriptorLedger,
  DescriptorLedger,
} from "../ring/descriptor_ledger.ts";
import { allocateMailMark, MailMark } from "../ring/mail_mark.ts";
import { type DescriptorRoom, startInRoom } from "../ring/thread_room.ts";
import { allocateWorkMark, WorkMark } from "../ring/work_mark.ts";
import type { FromMedia, MediaMemory, ToMedia } from "./protocol.ts";

/** The worker's composition root. */
const WORKER = new URL("../../workers/media_worker.ts", import.meta.url);
/** A debugger tells it from a shard's by its class. */
class MediaWorker extends Worker {}

/** The thread has little but its sockets. */
const HEAP_MB = 256;
/** A round takes less, in milliseconds. */
const ROUND_OVER_MS = 50;

/** What the media thread tells, on the main thread. */
export interface MediaThreadEvents {
  heard(message: FromMedia): void;
  /** The thread has ended; called once. One that hangs is not over for the system, and may come back for a moment. */
  ended(error: unknown, how: "over" | "hangs"): void;
}

/** The media thread, as the main thread holds it. */
export interface MediaThread {
  /** Where it tells that it comes round. */
  readonly workMark: WorkMark;
  post(message: ToMedia): void;
  /** Ends it; `ended` follows. */
  end(): void;
  /** Gives up a thread that never comes back; `ended` follows. Should it come back, it touches nothing. */
  abandon(): void;
}

/** Starts the media thread. */
export type StartMediaThread = (events: MediaThreadEvents) => MediaThread;

/** How {@linkcode mediaThreads} starts them. */
export interface MediaThreadOptions {
  /** Has descriptors for a thread when the machine has none left. */
  readonly room?: DescriptorRoom;
  /** Another composition root than the server's. */
  readonly module?: URL;
}

/** Starts it as a worker. Main thread. It throws OverloadError where a thread would end the process for want of descriptors. */
export function mediaThreads(
  libc: Libc,
  { room, module = WORKER }: MediaThreadOptions = {},
): StartMediaThread {
  const care = threadCare(libc);
  return (events) => {
    const memory: MediaMemory = {
      mail: allocateMailMark(),
      workMark: allocateWorkMark(),
      descriptors: allocateDescriptorLedger(),
    };
    const mail = new MailMark(memory.mail);
    const workMark = new WorkMark(memory.workMark);
    const ledger = new DescriptorLedger(memory.descriptors);
    const worker = startInRoom(room, () =>
      new MediaWorker(module, {
        name: "media",
        workerData: memory,
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      }));
    let fault: unknown;
    let hangs = false;
    worker.on("message", (message: FromMedia) => events.heard(message));
    worker.on("error", (error) => fault ??= error);
    worker.on("exit", (code) => {
      // A thread that hangs is not over for the system, and may still use what it has.
      if (!hangs) ledger.open.forEach(care.closeDescriptor);
      const error = fault ?? new Error(`The thread ended with code ${code}`);
      events.ended(error, hangs ? "hangs" : "over");
    });
    return {
      workMark,
      post: (message) => {
        worker.postMessage(message);
        mail.posted();
      },
      end: () => {
        // It comes out of its round first: the system has its sockets closed at once.
        workMark.dismiss();
        mail.posted();
        setTimeout(() => worker.terminate(), ROUND_OVER_MS);
      },
      abandon: () => {
        hangs = true;
        workMark.dismiss();
        worker.terminate();
        if (workMark.thread !== undefined) care.putLast(workMark.thread);
      },
    };
  };
}
