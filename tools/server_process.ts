import { startFlags } from "./start_flags.ts";
import { TextLineStream } from "./text_lines.ts";

/** The main thread's program. */
const MAIN = new URL("../main.ts", import.meta.url);
/** Where the task is that runs the server. */
const TASKS = new URL("../deno.json", import.meta.url);

/** One line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly httpUrl: string;
  readonly eslPort: number;
  /** The address of its debugger; undefined unless it was asked for. */
  readonly debuggerUrl?: string;
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
  /** The text of /metrics. */
  metrics(): Promise<string>;
  /** Asks it to stop with SIGTERM and waits until it has. */
  stop(): Promise<number>;
  kill(signal: Deno.Signal): void;
}

/** How to start a server. */
export interface ServerOptions {
  /** Its settings; ports are chosen by the system unless they are set. LOG_LEVEL must let `info` through. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it is to have a debugger, through which faults can be caused. */
  readonly debug?: boolean;
  readonly onLog?: (line: LogLine) => void;
  /** Lines of its standard error. */
  readonly onError?: (line: string) => void;
}

/**
 * Starts the server and resolves when it takes calls. Rejects with what it
 * wrote to standard error when it ends before that.
 */
export async function startServer(
  options: ServerOptions,
): Promise<ServerProcess> {
  const flags = startFlags(await Deno.readTextFile(TASKS));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...flags,
      ...options.debug ? ["--inspect=127.0.0.1:0"] : [],
      MAIN.pathname,
    ],
    // Settings of the shell that starts a demo or a test are not meant for its server.
    clearEnv: true,
    env: {
      ...pick(["HOME", "PATH", "DENO_DIR", "TMPDIR"]),
      HTTP_PORT: "0",
      ESL_PORT: "0",
      NO_COLOR: "1",
      ...options.environment,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ready = Promise.withResolvers<LogLine>();
  const errors: string[] = [];
  let debuggerUrl: string | undefined;
  const reading = Promise.all([
    readLines(child.stdout, (text) => {
      const line = parseLine(text);
      if (line.message === "The server takes calls") ready.resolve(line);
      options.onLog?.(line);
    }),
    readLines(child.stderr, (text) => {
      errors.push(text);
      debuggerUrl ??= /^Debugger listening on (ws:\S+)/.exec(text)?.[1];
      options.onError?.(text);
    }),
  ]);
  const exited = Promise.all([child.status, reading]).then(([status]) => {
    ready.reject(new Error(`The server ended: ${errors.join("\n")}`));
    return status.code;
  });
  const started = await ready.promise;
  const httpUrl = `http://${started.http}`;
  return {
    pid: child.pid,
    httpUrl,
    debuggerUrl,
    eslPort: Number(String(started.esl).split(":").at(-1)),
    exited,
    metrics: async () => await (await fetch(`${httpUrl}/metrics`)).text(),
    stop: async () => {
      quietly(() => child.kill("SIGTERM"));
      return await exited;
    },
    kill: (signal) => quietly(() => child.kill(signal)),
  };
}

function pick(names: readonly string[]): Record<string, string> {
  const known = names.map((name) => [name, Deno.env.get(name)]);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  const lines = stream.pipeThrough(new TextLineStream());
  for await (const line of lines) if (line !== "") take(line);
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // It has ended already.
  }
}
