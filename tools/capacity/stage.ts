import { type ServerProcess, startServer } from "../server_process.ts";
import { sumMetric } from "../metrics_text.ts";
import { type Program, startProgram } from "./program.ts";
import { type ProcessUsage, readUsage } from "./process_usage.ts";
import type { Profile } from "./profile.ts";
import type { CallEntry, LineKind, StartModel } from "./wire.ts";

/** The server between callers and a model, each in a process of its own. */
export interface Stage {
  readonly server: ServerProcess;
  /** Where callers come in. */
  readonly entry: CallEntry;
  readonly callers: readonly Program[];
  readonly models: readonly Program[];
  /** Of the server without a call. */
  readonly idle: ProcessUsage;
  /** Warnings and errors in the server's log so far, by their message. */
  readonly warnings: Readonly<Record<string, number>>;
  /** Ends all processes, by force when they do not end by themselves; may be called twice. */
  close(): Promise<void>;
}

/** How a stage is set. */
export interface StageOptions {
  readonly shards: number;
  readonly maxConnections: number;
  readonly line: LineKind;
  readonly profile: Profile;
  readonly callerProcesses: number;
  readonly modelProcesses: number;
  readonly resampler: string;
  /** Whether the sessions begin to speak one after another and not at once. */
  readonly spread: boolean;
  /** A folder for the server's assistants file. */
  readonly out: string;
  /** Further settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A server that has just started still tidies up. */
const IDLE_AFTER_MS = 1500;
const STOP_MS = 8000;
/** Calls that were hung up are gone from the server by then. */
const EMPTY_MS = 15_000;

/** Of the measured server alone. */
const TOKEN = "capacity-of-browsers";

/** Nobody greets: the first answer begins when the profile says so. */
const ASSISTANTS = {
  default: {
    name: "capacity",
    instructions: "Answer.",
    turnDetection: { silenceDurationMs: 300 },
  },
};

/** Starts all processes; rejects when one cannot be had, and leaves none then. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const programs: Program[] = [];
  const warnings: Record<string, number> = {};
  let server: ServerProcess | undefined;
  const close = async () => {
    await Promise.all([
      ...programs.map((program) => program.stop()),
      server && stopServer(server),
    ]);
  };
  try {
    const { profile, spread } = options;
    const models: Program[] = [];
    let [url, port] = ["", 0];
    for (let i = 0; i < options.modelProcesses; i++) {
      const model = await start("model_process.ts");
      const given: StartModel = { profile, spread, port };
      ({ url, port } = await model.ask<{ url: string; port: number }>(
        "start",
        given,
      ));
      models.push(model);
    }
    const callers: Program[] = [];
    for (let i = 0; i < options.callerProcesses; i++) {
      callers.push(await start("caller_process.ts"));
    }
    server = await startServer({
      environment: environmentFor(options, url),
      onLog: ({ level, message }) => {
        if (level === "warn" || level === "error") note(String(message));
      },
      onError: note,
    });
    await pause(IDLE_AFTER_MS);
    const idle = await readUsage(server.pid);
    const entry: CallEntry = {
      line: options.line,
      eslPort: server.eslPort,
      apiUrl: server.httpUrl,
      token: TOKEN,
    };
    return { server, entry, callers, models, idle, warnings, close };
  } catch (error) {
    await close();
    throw error;
  }

  function note(message: string): void {
    warnings[message] = (warnings[message] ?? 0) + 1;
  }

  async function start(file: string): Promise<Program> {
    const program = await startProgram(file);
    programs.push(program);
    return program;
  }
}

/** Waits until the server has no call any more; false when it keeps some. */
export async function isEmptied(server: ServerProcess): Promise<boolean> {
  const deadlineMs = performance.now() + EMPTY_MS;
  while (performance.now() < deadlineMs) {
    const metrics = await server.metrics();
    if (sumMetric(metrics, "vapi_active_calls") === 0) return true;
    await pause(200);
  }
  return false;
}

/** Resolves after a time; rejects with the signal's reason when that is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.reject(signal.reason);
  const stop = () => reject(signal?.reason);
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", stop);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  });
}

function environmentFor(
  options: StageOptions,
  modelUrl: string,
): Record<string, string> {
  const assistants = `${options.out}/assistants.json`;
  Deno.writeTextFileSync(assistants, JSON.stringify(ASSISTANTS));
  return {
    STEPFUN_URL: modelUrl,
    SHARDS: String(options.shards),
    MAX_CONNECTIONS: String(options.maxConnections),
    RESAMPLER: options.resampler,
    ASSISTANTS_FILE: assistants,
    DRAIN_SECONDS: "0",
    ...options.line === "browser" && { API_TOKEN: TOKEN, GATEWAY_PORT: "0" },
    ...options.settings,
  };
}

async function stopServer(server: ServerProcess): Promise<void> {
  const timer = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
  await server.stop();
  clearTimeout(timer);
}
