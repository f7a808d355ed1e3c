import type { Libc } from "./libc.ts";

/** Linux's number of the request (linux/prctl.h). */
const PR_SET_NAME = 15;
/** What the system keeps of a name, and its end. */
const MOST_BYTES = 15;
/** Linux's number of the policy by which a thread runs when no other wants to (sched.h). */
const SCHED_IDLE = 5;

/** Gives the calling thread a name by which `top -H` shows it; what is longer than 15 bytes is cut. Returns its number in the system. */
export function nameThread(libc: Libc, name: string): number {
  const text = new Uint8Array(MOST_BYTES + 1);
  new TextEncoder().encodeInto(name, text.subarray(0, MOST_BYTES));
  libc.prctl(PR_SET_NAME, text, 0n, 0n, 0n);
  return libc.gettid();
}

/** Linux's number for both directions of a connection (sys/socket.h). */
const SHUT_RDWR = 2;

/** What is done for a thread that has ended, or never comes back; the port is `router/shard_thread.ts`. Any thread. */
export function threadCare(libc: Libc) {
  return {
    closeDescriptor: (fd: number) => libc.close(fd),
    shutDown: (fd: number) => libc.shutdown(fd, SHUT_RDWR),
    // The priority is part of the structure, and 0 for this policy.
    putLast: (thread: number) =>
      libc.sched_setscheduler(thread, SCHED_IDLE, new Uint8Array(4)),
  };
}
