import { OverloadError } from "../errors.ts";

/** Measured with Deno 2.9.6: a worker that finds fewer than 6 descriptors ends the process. Twice that, because others take some meanwhile. */
const THREAD_DESCRIPTORS = 12;

/** Who has descriptors when the machine has none left; see `net/descriptor_reserve.ts`. */
export interface DescriptorRoom {
  /** Sees to it that so many can be had until the loan is ended; undefined when they cannot. */
  lend(count: number): (() => void) | undefined;
}

/**
 * Sees to it that a thread can be started: without descriptors it would end the
 * whole process. Returns what is to be called once it has started, or ended.
 * Main thread. Throws OverloadError when there are too few; without `room` it
 * promises nothing.
 */
export function makeRoomForThread(room: DescriptorRoom | undefined) {
  if (room === undefined) return () => {};
  const settled = room.lend(THREAD_DESCRIPTORS);
  if (settled !== undefined) return settled;
  throw new OverloadError(
    "Cannot start a thread: the process has too few file descriptors left",
  );
}
