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

/** What another thread does when one of its process has ended, or never comes back from its work. */
export interface ThreadCare {
  /** Closes a descriptor of a thread that has ended. */
  closeDescriptor(fd: number): void;
  /** Ends a connection of a thread that never comes back; the number stays taken, so that the thread cannot meet another's. */
  shutDown(fd: number): void;
  /** Lets a thread run only when no other wants to: what never comes back then costs nobody anything. */
  putLast(thread: number): void;
}

/** By system calls. Any thread. */
export function threadCare(libc: Libc): ThreadCare {
  return {
    closeDescriptor: (fd) => libc.close(fd),
    shutDown: (fd) => libc.shutdown(fd, SHUT_RDWR),
    // The priority is part of the structure, and 0 for this policy.
    putLast: (thread) =>
      libc.sched_setscheduler(thread, SCHED_IDLE, new Uint8Array(4)),
  };
}
