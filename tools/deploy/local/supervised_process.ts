import type { LogFile } from "./log_file.ts";
import type { ProcessSpec, ProcessStatus } from "./process_spec.ts";

/** First wait before a process is started again, and the longest. */
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 15_000;
/** Who has lived for so long begins with the first wait again. */
const STEADY_MS = 30_000;

/** What a {@linkcode SupervisedProcess} needs. */
export interface SupervisedOptions {
  readonly log: LogFile;
  /** Something in `status` has changed. */
  readonly changed: () => void;
  /** Program before each command, which ends it when this process dies. */
  readonly prefix: readonly string[];
}

/** Keeps one process as it is wanted: started again with back-off, replaced when its version changes. */
export class SupervisedProcess {
  readonly #options: SupervisedOptions;
  #wanted: ProcessSpec | undefined;
  #status: ProcessStatus = { state: "stopped", version: "", restarts: 0 };
  #news = Promise.withResolvers<void>();
  #keeping: Promise<void> | undefined;

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  get status(): ProcessStatus {
    return this.#status;
  }

  get order(): number {
    return this.#wanted?.order ?? 0;
  }

  /** Says what is to run from now on; undefined for nothing. */
  want(spec: ProcessSpec | undefined): void {
    if (spec?.version === this.#wanted?.version) return;
    this.#wanted = spec;
    this.#news.resolve();
    this.#news = Promise.withResolvers();
    if (spec) this.#keeping ??= this.#keep();
  }

  /** Ends it and resolves when it has ended. */
  async end(): Promise<void> {
    this.want(undefined);
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (this.#wanted) {
      const spec = this.#wanted;
      const startMs = performance.now();
      const lastExit = await this.#runOnce(spec);
      if (this.#wanted !== spec) {
        backoffMs = FIRST_BACKOFF_MS;
        continue;
      }
      if (performance.now() - startMs > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      const restarts = this.#status.restarts + 1;
      this.#set({
        state: "waiting",
        version: spec.version,
        restarts,
        lastExit,
      });
      this.#options.log.note(`${spec.name} ended: ${lastExit}`);
      await this.#pause(backoffMs);
      backoffMs = Math.min(2 * backoffMs, LONGEST_BACKOFF_MS);
    }
    this.#keeping = undefined;
    const { lastExit } = this.#status;
    this.#set({ state: "stopped", version: "", restarts: 0, lastExit });
  }

  /** Runs it until it ends or something else is wanted; says how it ended. */
  async #runOnce(spec: ProcessSpec): Promise<string> {
    const { restarts, version, lastExit } = this.#status;
    const isNew = version !== spec.version;
    let child: Deno.ChildProcess;
    try {
      child = await this.#spawn(spec);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    this.#set({
      state: "running",
      version: spec.version,
      pid: child.pid,
      restarts: isNew ? 0 : restarts,
      lastExit: isNew ? undefined : lastExit,
    });
    const { log } = this.#options;
    const ended = Promise.all([
      child.status,
      log.take(child.stdout),
      log.take(child.stderr),
    ]).then(([status]) => status);
    const own = await Promise.race([ended, this.#news.promise]);
    if (own === undefined) await this.#stop(child, spec.stopSeconds);
    const status = await ended;
    return status.signal ?? `exit code ${status.code}`;
  }

  async #spawn(spec: ProcessSpec): Promise<Deno.ChildProcess> {
    const environment: Record<string, string> = { ...spec.environment };
    for (const [name, file] of Object.entries(spec.secrets)) {
      environment[name] = (await Deno.readTextFile(file)).trim();
    }
    const [program, ...args] = [
      ...this.#options.prefix,
      spec.command,
      ...spec.args,
    ];
    return new Deno.Command(program, {
      args,
      cwd: spec.directory,
      clearEnv: true,
      env: environment,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async #stop(child: Deno.ChildProcess, seconds: number): Promise<void> {
    const { version, restarts } = this.#status;
    this.#set({ state: "stopping", version, restarts, pid: child.pid });
    signal(child, "SIGTERM");
    const timer = setTimeout(() => signal(child, "SIGKILL"), seconds * 1000);
    await child.status;
    clearTimeout(timer);
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, this.#news.promise]);
    clearTimeout(timer);
  }

  #set(status: ProcessStatus): void {
    this.#status = status;
    this.#options.changed();
  }
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch {
    // It has ended already.
  }
}
