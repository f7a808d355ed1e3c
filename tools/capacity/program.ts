import { LIBC_PATHS } from "../../src/net/libc.ts";
import { TextLineStream } from "../text_lines.ts";

/** A program of ours in a process of its own, which answers questions. */
export interface Program {
  readonly pid: number;
  /** Added to its monotonic milliseconds gives ours. */
  readonly clockOffsetMs: number;
  /** By how much that may be wrong. */
  readonly clockErrorMs: number;
  /** Asks; rejects with the program's words, or when it ends or takes too long. */
  ask<T>(what: string, given?: unknown, withinMs?: number): Promise<T>;
  /** Closes its input and waits for its end, which is forced after a while; may be called twice. */
  stop(): Promise<void>;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

const PERMISSIONS = [
  "--unstable-net",
  "--allow-net",
  "--allow-read",
  // What ws looks for when it is loaded.
  "--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE",
  `--allow-ffi=${LIBC_PATHS.join(",")}`,
];
const ANSWER_MS = 30_000;
const STOP_MS = 5000;
const CLOCK_QUESTIONS = 30;
const KEPT_ERROR_LINES = 10;
const ENCODER = new TextEncoder();

/** Starts a program of this folder and compares its clock with ours. */
export async function startProgram(file: string): Promise<Program> {
  const program = new ChildProgram(file);
  try {
    await program.compareClocks();
    return program;
  } catch (error) {
    await program.stop();
    throw error;
  }
}

/** Asks several programs the same. */
export function askAll<T>(
  programs: readonly Program[],
  what: string,
): Promise<T[]> {
  return Promise.all(programs.map((program) => program.ask<T>(what)));
}

class ChildProgram implements Program {
  clockOffsetMs = 0;
  clockErrorMs = Infinity;
  readonly #file: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #errors: string[] = [];
  readonly #over: Promise<void>;
  #asked = 0;
  #stopping = false;

  constructor(file: string) {
    this.#file = file;
    const { pathname } = new URL(file, import.meta.url);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...PERMISSIONS, pathname],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#over = this.#live();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Both clocks are the system's monotonic one with different zeros: the quickest of many answers tells the difference. */
  async compareClocks(): Promise<void> {
    for (let i = 0; i < CLOCK_QUESTIONS; i++) {
      const askedMs = performance.now();
      const theirsMs = await this.ask<number>("clock");
      const answeredMs = performance.now();
      const errorMs = (answeredMs - askedMs) / 2;
      if (errorMs >= this.clockErrorMs) continue;
      this.clockErrorMs = errorMs;
      this.clockOffsetMs = askedMs + errorMs - theirsMs;
    }
  }

  async ask<T>(
    what: string,
    given?: unknown,
    withinMs = ANSWER_MS,
  ): Promise<T> {
    const id = ++this.#asked;
    const answer = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => {
      const message = `${this.#file} did not answer "${what}" in time`;
      answer.reject(new DOMException(message, "TimeoutError"));
    }, withinMs);
    this.#waiting.set(id, answer);
    try {
      const line = `${JSON.stringify({ id, ask: what, given })}\n`;
      this.#input.write(ENCODER.encode(line)).catch(() => {});
      return await answer.promise as T;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#input.close().catch(() => {});
    }
    const timer = setTimeout(() => this.#kill(), STOP_MS);
    await this.#over;
    clearTimeout(timer);
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  async #live(): Promise<void> {
    const { stdout, stderr, status } = this.#child;
    const [{ code }] = await Promise.all([
      status,
      eachLine(stdout, (line) => this.#take(JSON.parse(line))),
      eachLine(stderr, (line) => {
        this.#errors.push(line);
        if (this.#errors.length > KEPT_ERROR_LINES) this.#errors.shift();
      }),
    ]);
    const words = this.#errors.join("\n");
    for (const { reject } of this.#waiting.values()) {
      reject(new Error(`${this.#file} ended with code ${code}: ${words}`));
    }
  }

  #take({ id, result, error }: Answer): void {
    const answer = this.#waiting.get(id);
    if (error === undefined) answer?.resolve(result);
    else answer?.reject(new Error(`${this.#file}: ${error}`));
  }
}

async function eachLine(
  stream: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  for await (const line of stream.pipeThrough(new TextLineStream())) {
    if (line !== "") take(line);
  }
}
