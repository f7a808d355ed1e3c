import { OverloadError } from "../errors.ts";

/** Measured with Deno 2.9.6: a worker that finds fewer than 6 descriptors ends the process, and one that reads its modules for the first time opens several at once. */
const THREAD_DESCRIPTORS = 32;

/** Who has descriptors when the machine has none left; see `net/descriptor_reserve.ts`. */
export interface DescriptorRoom {
  /** Sees to it that so many can be had until the loan is ended; undefined when they cannot. */
  lend(count: number): (() => void) | undefined;
}

/** What is seen of a worker. */
interface Started {
  once(event: "message" | "exit", listener: () => void): unknown;
}

/**
 * Makes a worker once there are descriptors for it: without them it would end
 * the whole process. Its first message says that it has what it needs. Main
 * thread. Throws OverloadError when there are too few; without `room` it
 * promises nothing.
 */
export function startInRoom<Worker extends Started>(
  room: DescriptorRoom | undefined,
  make: () => Worker,
): Worker {
  if (room === undefined) return make();
  const settled = room.lend(THREAD_DESCRIPTORS);
  if (settled === undefined) {
    throw new OverloadError(
      "Cannot start a thread: the process has too few file descriptors left",
    );
  }
  try {
    const worker = make();
    worker.once("message", settled);
    worker.once("exit", settled);
    return worker;
  } catch (error) {
    settled();
    throw error;
  }
}
