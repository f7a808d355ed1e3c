import { runShell } from "./process_usage.ts";

/** Files that a process has open without any call. */
const SPARE = 150;
/** Of a call, in the server: event socket, audio socket, the model's socket. */
const SERVER_FILES = 3;
/** Of a call, in a callers' process: event socket and audio socket. */
const CALLER_FILES = 2;

/** What is missing for so many calls, and how to raise it; undefined when nothing is. */
export function findFileProblem(
  need: { readonly calls: number; readonly callerProcesses: number },
  limit: { readonly soft: number; readonly hard: number },
): string | undefined {
  const { calls, callerProcesses } = need;
  const files = SPARE + Math.max(
    SERVER_FILES * calls,
    CALLER_FILES * Math.ceil(calls / callerProcesses),
  );
  if (files <= limit.soft) return undefined;
  const how = files <= limit.hard
    ? `ulimit -n ${files}`
    : `as root: ulimit -Hn ${files}; ulimit -n ${files} (or LimitNOFILE of systemd, --ulimit nofile of docker)`;
  return `${calls} calls need ${files} open files a process, and ${limit.soft} are allowed. Raise it in this shell before the run: ${how}`;
}

/** How many files a process started from here may open. */
export async function readFileLimit(): Promise<
  { soft: number; hard: number }
> {
  const text = await runShell("ulimit -Sn; ulimit -Hn");
  const [soft, hard] = text.trim().split("\n").map((word) =>
    word === "unlimited" ? Infinity : Number(word)
  );
  return { soft, hard };
}
