/** Where redis-server is; undefined on a machine without. */
export const REDIS_SERVER: string | undefined = find();

/** A redis-server of its own. */
export interface RedisProcess {
  readonly port: number;
  stop(): Promise<void>;
}

const TRIES = 5;

/** Starts redis-server on a free port and resolves when it takes connections. */
export async function startRedis(...args: string[]): Promise<RedisProcess> {
  for (let attempt = 1;; attempt++) {
    const started = await tryStart(args);
    if (started !== undefined) return started;
    // Somebody else took the port in between.
    if (attempt === TRIES) throw new Error("redis-server does not start");
  }
}

async function tryStart(args: string[]): Promise<RedisProcess | undefined> {
  const port = freePort();
  const child = new Deno.Command(REDIS_SERVER!, {
    args: [
      ...["--port", `${port}`, "--bind", "127.0.0.1"],
      ...["--save", "", "--appendonly", "no", ...args],
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const up = Promise.withResolvers<boolean>();
  const reading = read(child.stdout, up.resolve);
  if (!await up.promise) {
    await child.status;
    return undefined;
  }
  return {
    port,
    stop: async () => {
      child.kill("SIGTERM");
      await Promise.all([child.status, reading]);
    },
  };
}

/** Reads to the end, and tells whether connections are taken. */
async function read(
  stream: ReadableStream<Uint8Array>,
  tell: (isUp: boolean) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let said = "";
  for await (const chunk of stream) {
    said += decoder.decode(chunk, { stream: true });
    if (said.includes("Ready to accept connections")) tell(true);
  }
  tell(false);
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

function find(): string | undefined {
  for (const path of ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]) {
    try {
      Deno.statSync(path);
      return path;
    } catch {
      // Not there.
    }
  }
}
