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
  let said = "";
  let isUp = false;
  const { promise: up, resolve } = Promise.withResolvers<boolean>();
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      if (isUp) continue;
      said += decoder.decode(chunk, { stream: true });
      isUp = said.includes("Ready to accept connections");
      if (isUp) resolve(true);
    }
    resolve(false);
  })();
  if (!await up) {
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
