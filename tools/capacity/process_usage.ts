/** What a process has used up to a moment. */
export interface ProcessUsage {
  /** CPU seconds of the process, user and system. */
  readonly cpuS: number;
  /** CPU seconds of its first thread. */
  readonly mainS: number;
  /** CPU seconds of the thread through which the callers' datagrams pass; 0 without one. */
  readonly mediaS: number;
  /** CPU seconds of each worker, in the order of their start. */
  readonly workersS: readonly number[];
  /** Memory that is only its own, threads' shared buffers included (RssAnon + RssShmem). */
  readonly memoryBytes: number;
  readonly files: number;
  /** Time of all processors together since the start of the machine, how much of it was not idle, and how much of that a virtual machine's host gave to others. */
  readonly machineS: number;
  readonly machineBusyS: number;
  readonly machineStolenS: number;
}

/** The kernel's unit of CPU time, on every Linux that Deno runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;
/** How the server names its shards, or Deno its workers. */
const WORKER = /^(?:worker|shard)-(\d+)$/;
/** How the server names the thread of its audio. */
const MEDIA = "media";
/** Deno lets a program read /proc only with every permission there is, so a shell reads it. */
const SCRIPT =
  `cat /proc/stat; echo; cat /proc/$0/stat; echo; cat /proc/$0/task/*/stat; echo; cat /proc/$0/status; echo; ls /proc/$0/fd | wc -l`;

/** Reads the usage of a process; rejects when there is none with this id. */
export async function readUsage(pid: number): Promise<ProcessUsage> {
  const text = await runShell(SCRIPT, String(pid));
  return parseUsage(text);
}

/** Runs a script of ours with arguments; rejects with what it wrote to standard error. */
export async function runShell(
  script: string,
  ...args: string[]
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, ...args],
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(`Cannot read /proc: ${decoder.decode(stderr)}`);
}

/** Reads the five parts that the shell gives, an empty line between them (Linux, proc(5)). */
export function parseUsage(text: string): ProcessUsage {
  const [machine, process, tasks, status, files] = text.split(/\n\n+/);
  if (!/^VmRSS:/m.test(status ?? "")) {
    throw new Error("Cannot read /proc: the process has ended");
  }
  const own = parseStat(process);
  const threads = tasks.trim().split("\n").map(parseStat);
  const workers = threads.flatMap(({ name, cpuS }) => {
    const order = WORKER.exec(name)?.[1];
    return order === undefined ? [] : [[Number(order), cpuS] as const];
  });
  workers.sort(([a], [b]) => a - b);
  const main = threads.find(({ id }) => id === own.id);
  return {
    cpuS: own.cpuS,
    mainS: main?.cpuS ?? 0,
    mediaS: threads.find(({ name }) => name === MEDIA)?.cpuS ?? 0,
    workersS: workers.map(([, cpuS]) => cpuS),
    memoryBytes: readKiB(status, "RssAnon") + readKiB(status, "RssShmem"),
    files: Number(files.trim()),
    ...parseMachine(machine),
  };
}

/** A name stands in brackets and may hold spaces and brackets itself. */
function parseStat(line: string): { id: number; name: string; cpuS: number } {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  const fields = line.slice(close + 2).split(" ");
  return {
    id: Number(line.slice(0, open)),
    name: line.slice(open + 1, close),
    cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

function parseMachine(text: string) {
  const line = text.slice(0, text.indexOf("\n"));
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, value) => sum + value, 0);
  const idle = ticks[3] + ticks[4];
  return {
    machineS: all / TICKS_PER_SECOND,
    machineBusyS: (all - idle) / TICKS_PER_SECOND,
    machineStolenS: ticks[7] / TICKS_PER_SECOND,
  };
}

function readKiB(status: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status);
  return Number(found?.[1] ?? 0) * 1024;
}
