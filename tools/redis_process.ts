/** A Redis of our own, in a process of its own, that loses nothing over a stop and a start. */
export interface RedisProcess {
  readonly port: number;
  readonly url: string;
  /** Runs one command and gives its answer as JSON. Rejects with what Redis says. */
  ask<T>(...command: readonly string[]): Promise<T>;
  /** Lets it stand still: TCP stays open and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Stops it; what it holds is written to its folder. */
  stop(): Promise<void>;
  /** Starts it again on the same port with what it held. */
  start(): Promise<void>;
  /** Ends it for good, and removes its folder; may be called twice. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const READY_MS = 15_000;
const LOOK_MS = 20;

/**
 * Starts a redis-server on a free port, with a folder of its own that is made
 * and removed, and resolves when it answers. Rejects with what is missing when
 * there is none.
 */
export async function startRedis(folder: string): Promise<RedisProcess> {
  await Deno.mkdir(folder, { recursive: true });
  const redis = new OwnRedis(folder, freePort());
  try {
    await redis.start();
    return redis;
  } catch (error) {
    await redis.close();
    throw error;
  }
}

class OwnRedis implements RedisProcess {
  readonly port: number;
  readonly #folder: string;
  #child: Deno.ChildProcess | undefined;
  #closed = false;

  constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  get url(): string {
    return `redis://${HOST}:${this.port}`;
  }

  async start(): Promise<void> {
    this.#child = spawn("redis-server", [
      ...["--bind", HOST, "--port", String(this.port)],
      ...["--dir", this.#folder, "--save", "3600 1", "--appendonly", "no"],
    ]);
    await this.#ready(this.#child);
  }

  async ask<T>(...command: readonly string[]): Promise<T> {
    const args = ["-h", HOST, "-p", String(this.port), "--json", ...command];
    const { success, stdout, stderr } = await new Deno.Command("redis-cli", {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (success) return JSON.parse(text);
    throw new Error(
      `Redis did not answer ${command[0]}: ${
        new TextDecoder().decode(stderr) || text
      }`,
    );
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    quietly(() => child.kill("SIGCONT"));
    quietly(() => child.kill("SIGTERM"));
    await child.status;
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    quietly(() => child?.kill("SIGKILL"));
    await child?.status;
    if (this.#closed) return;
    this.#closed = true;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #ready(child: Deno.ChildProcess): Promise<void> {
    let ended = false;
    void child.status.then(() => ended = true);
    const untilMs = performance.now() + READY_MS;
    while (!await answersPing(this.port)) {
      if (ended || performance.now() > untilMs) {
        throw new Error(`redis-server did not start on port ${this.port}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}

function spawn(program: string, args: string[]): Deno.ChildProcess {
  try {
    const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return new Deno.Command(program, { args, ...quiet }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(
      `${program} is not installed: on Debian, apt-get install redis-server`,
      { cause },
    );
  }
}

async function answersPing(port: number): Promise<boolean> {
  try {
    using conn = await Deno.connect({ hostname: HOST, port });
    await conn.write(new TextEncoder().encode("PING\r\n"));
    const bytes = new Uint8Array(16);
    const count = await conn.read(bytes) ?? 0;
    // While it loads what it held it answers with an error.
    return new TextDecoder().decode(bytes.subarray(0, count)) === "+PONG\r\n";
  } catch {
    return false;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // It has ended already.
  }
}
