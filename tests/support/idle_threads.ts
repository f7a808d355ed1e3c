import { readProc } from "./read_proc.ts";

/** Linux's number of the policy by which a thread runs when no other wants to. */
const SCHED_IDLE = "5";
/** Fields of a thread's line that come before its policy and behind its name (field 41, proc(5)). */
const BEFORE_POLICY = 38;

/** Names of this process's threads that run only when no other wants to. */
export function idleThreads(): string[] {
  const tasks = readProc("ls", `/proc/${Deno.pid}/task`).trim().split("\n");
  const stats = tasks.map((id) => `/proc/${Deno.pid}/task/${id}/stat`);
  return readProc("cat", ...stats).trim().split("\n").flatMap((line) => {
    const close = line.lastIndexOf(")");
    const fields = line.slice(close + 2).split(" ");
    if (fields[BEFORE_POLICY] !== SCHED_IDLE) return [];
    return [line.slice(line.indexOf("(") + 1, close)];
  });
}
