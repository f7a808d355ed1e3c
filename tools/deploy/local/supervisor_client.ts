import { readIfThere, writeAtomically } from "../atomic_file.ts";
import { FileLock } from "../file_lock.ts";
import { until } from "../until.ts";
import type {
  ProcessSpec,
  ProcessStatus,
  SupervisorStatus,
} from "./process_spec.ts";

const PROGRAM = new URL("../supervisor.ts", import.meta.url).pathname;
/** Longer than a loaded machine takes to start a supervisor. */
const START_MS = 60_000;
/** A process that ended by itself so often in a row will not come. */
const MOST_RESTARTS = 3;
/** One that ends in its start may look ready for a moment. */
const STEADY_MS = 300;

/** The one who deploys, towards the supervisor of a directory. */
export class SupervisorClient {
  readonly #directory: string;
  /** The supervisor that this client has started. */
  #started?: Deno.ChildProcess;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What runs; undefined when no supervisor does. */
  async status(): Promise<SupervisorStatus | undefined> {
    const pid = await FileLock.holder(this.#lockPath);
    if (pid === undefined) return undefined;
    const text = await readIfThere(`${this.#directory}/status.json`);
    if (text === undefined) return undefined;
    const status: SupervisorStatus = JSON.parse(text);
    return status.pid === pid ? status : undefined;
  }

  async statusOf(name: string): Promise<ProcessStatus | undefined> {
    return (await this.status())?.processes[name];
  }

  /** What is wanted of a process; undefined when nothing is. */
  async wanted(name: string): Promise<string | undefined> {
    return await readIfThere(`${this.#directory}/wanted/${name}.json`);
  }

  /** Names of all processes that are wanted. */
  async names(): Promise<string[]> {
    const entries = await Array.fromAsync(
      Deno.readDir(`${this.#directory}/wanted`),
    );
    return entries.map(({ name }) => name).filter((name) =>
      name.endsWith(".json")
    ).map((name) => name.slice(0, -".json".length));
  }

  /** Wants a process, or no longer. The supervisor acts on it meanwhile. */
  async want(name: string, spec: ProcessSpec | undefined): Promise<void> {
    const path = `${this.#directory}/wanted/${name}.json`;
    if (spec) await writeAtomically(path, JSON.stringify(spec, undefined, 2));
    else await Deno.remove(path).catch(ignoreMissing);
    const status = await this.status();
    if (status) Deno.kill(status.pid, "SIGHUP");
  }

  /** Starts the supervisor unless it runs. It outlives this process and its terminal. */
  async start(): Promise<void> {
    if (await this.status()) return;
    for (const name of ["wanted", "logs"]) {
      await Deno.mkdir(`${this.#directory}/${name}`, { recursive: true });
    }
    const child = new Deno.Command("sh", {
      // A shell, because output must go on when this process is gone.
      args: [
        "-c",
        'exec "$@" >>"$0" 2>&1',
        `${this.#directory}/logs/supervisor.log`,
        Deno.execPath(),
        "run",
        "--allow-read",
        `--allow-write=${this.#directory}`,
        "--allow-run",
        PROGRAM,
        this.#directory,
        ...await deathPrefix(),
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    child.unref();
    this.#started = child;
    const isUp = async () => await this.status() !== undefined;
    await Promise.race([
      until(isUp, AbortSignal.timeout(START_MS)),
      child.status.then(({ code }) => {
        throw new Error(
          `the supervisor ended with code ${code}: see ${this.#directory}/logs/supervisor.log`,
        );
      }),
    ]);
  }

  /** Stops the supervisor and all that it keeps; resolves when nothing is left. */
  async stop(): Promise<void> {
    const pid = await FileLock.holder(this.#lockPath);
    if (pid === undefined) return;
    Deno.kill(pid, "SIGTERM");
    const isGone = async () =>
      await FileLock.holder(this.#lockPath) === undefined;
    await until(isGone, new AbortController().signal);
    // Its lock goes a moment before it does, and nothing else keeps this process waiting.
    this.#started?.ref();
    await this.#started?.status;
  }

  /** Resolves when the version runs and `isReady`, and still is a moment later; rejects when it ends again and again, or with the signal's reason. */
  async untilReady(
    name: string,
    { version, isReady, stop }: {
      readonly version: string;
      readonly isReady: () => Promise<boolean>;
      readonly stop: AbortSignal;
    },
  ): Promise<void> {
    let since: { readonly pid?: number; readonly atMs: number } | undefined;
    await until(async () => {
      const status = await this.statusOf(name);
      if (status?.version !== version) return false;
      if (status.restarts >= MOST_RESTARTS) {
        throw new Error(
          `it ended ${status.restarts} times, the last time with ${status.lastExit}`,
        );
      }
      const { pid } = status;
      const isUp = status.state === "running" && await isReady();
      if (!isUp) since = undefined;
      else if (since?.pid !== pid) since = { pid, atMs: performance.now() };
      return since !== undefined && performance.now() - since.atMs >= STEADY_MS;
    }, stop);
  }

  get #lockPath(): string {
    return `${this.#directory}/supervisor.lock`;
  }
}

/** With setpriv (util-linux), what is kept ends when its supervisor is killed; nothing is left behind. */
async function deathPrefix(): Promise<string[]> {
  const prefix = ["setpriv", "--pdeathsig", "TERM", "--"];
  try {
    const [program, ...args] = [...prefix, "true"];
    const { success } = await new Deno.Command(program, { args }).output();
    return success ? prefix : [];
  } catch {
    return [];
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
