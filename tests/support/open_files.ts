import { readProc } from "./read_proc.ts";

/** What the descriptors of a process stand for, e.g. `socket:[4711]` (Linux, proc(5)). Throws when there is no such process. */
export function listOpenFiles(pid: number): string[] {
  const lines = readProc("ls", "-l", `/proc/${pid}/fd`).split("\n");
  return lines.flatMap((line) => line.split(" -> ")[1] ?? []);
}
