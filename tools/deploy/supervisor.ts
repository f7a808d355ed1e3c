import { readIfThere, writeAtomically } from "./atomic_file.ts";
import { FileLock } from "./file_lock.ts";
import { LogFile } from "./local/log_file.ts";
import { parseProcessSpec, type ProcessSpec } from "./local/process_spec.ts";
import { SupervisedProcess } from "./local/supervised_process.ts";

/** The exit code when another supervisor runs here. */
const RUNS_ALREADY = 3;

if (import.meta.main) Deno.exit(await supervise(Deno.args));

/**
 * Keeps the processes that `wanted/*.json` of a directory describes, until
 * SIGTERM. SIGHUP makes it read them again. `status.json` says what runs.
 * A process of its own: `supervisor.ts DIRECTORY [PREFIX…]`. Returns the exit
 * code.
 */
async function supervise([directory, ...prefix]: string[]): Promise<number> {
  const lock = await FileLock.tryTake(`${directory}/supervisor.lock`);
  if (lock === undefined) return RUNS_ALREADY;
  const processes = new Map<string, SupervisedProcess>();
  const logs: LogFile[] = [];
  let writing = Promise.resolve();
  const publish = () => {
    writing = writing.then(() => writeStatus(directory, processes)).catch(
      (error) => console.error(`Cannot write status.json: ${error}`),
    );
  };
  const reconcile = async () => {
    const wanted = await readWanted(directory);
    for (const name of wanted.keys()) {
      if (processes.has(name)) continue;
      const log = new LogFile(`${directory}/logs/${name}.log`);
      logs.push(log);
      const options = { log, changed: publish, prefix };
      processes.set(name, new SupervisedProcess(options));
    }
    for (const [name, each] of processes) each.want(wanted.get(name));
    publish();
  };
  let reading = Promise.resolve();
  const again = () => {
    reading = reading.then(reconcile).catch(console.error);
  };
  const asked = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGHUP", again);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, asked.resolve);
  }
  again();
  await asked.promise;
  Deno.removeSignalListener("SIGHUP", again);
  await reading;
  await endAll(processes);
  await writing;
  for (const log of logs) log.close();
  await Deno.remove(`${directory}/status.json`).catch(() => {});
  lock.release();
  return 0;
}

/** Who was started last by order ends first; those of one order end together. */
async function endAll(
  processes: ReadonlyMap<string, SupervisedProcess>,
): Promise<void> {
  const groups = Map.groupBy(processes.values(), (each) => each.order);
  const orders = [...groups.keys()].toSorted((a, b) => b - a);
  for (const order of orders) {
    await Promise.all(groups.get(order)!.map((each) => each.end()));
  }
}

async function readWanted(
  directory: string,
): Promise<Map<string, ProcessSpec>> {
  const wanted = new Map<string, ProcessSpec>();
  for await (const { name } of Deno.readDir(`${directory}/wanted`)) {
    if (!name.endsWith(".json")) continue;
    // One that was taken away meanwhile is not wanted.
    const text = await readIfThere(`${directory}/wanted/${name}`);
    if (text === undefined) continue;
    const spec = parseProcessSpec(text);
    wanted.set(spec.name, spec);
  }
  return wanted;
}

async function writeStatus(
  directory: string,
  processes: ReadonlyMap<string, SupervisedProcess>,
): Promise<void> {
  const entries = [...processes].map(([name, { status }]) => [name, status]);
  const text = JSON.stringify({
    pid: Deno.pid,
    processes: Object.fromEntries(entries),
  });
  await writeAtomically(`${directory}/status.json`, text);
}
