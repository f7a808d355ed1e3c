/** A real redis-server on a free port of this machine, with nothing on disk. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Ends it as a crash does; what it had in memory is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** Stops answering, with all connections open. */
  pause(): void;
  resume(): void;
  /** Sends a command by hand, and gives its answer as text. */
  ask(...words: string[]): Promise<string>;
}

const HOST = "127.0.0.1";
const MISSING =
  "redis-server is missing: install Debian's package redis-server (apt-get install redis-server)";

/** Starts a server; installs Debian's package when it is missing and this is root. Rejects with what is missing otherwise. */
export async function startRedis(
  ...options: string[]
): Promise<RedisServer> {
  await requireRedis();
  let port = freePort();
  let child = await launch(port, options);
  // Somebody else was faster to take the port.
  for (let tries = 1; child === undefined && tries < 5; tries++) {
    port = freePort();
    child = await launch(port, options);
  }
  if (child === undefined) throw new Error(`Port ${port} is taken`);
  const server: RedisServer = {
    port,
    url: `redis://${HOST}:${port}`,
    async kill() {
      quietly(() => child.kill("SIGKILL"));
      await child.status;
    },
    async start() {
      child = await launch(port, options);
    },
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    ask: (...words) => ask(port, words),
    async [Symbol.asyncDispose]() {
      await server.kill();
    },
  };
  return server;
}

async function launch(
  port: number,
  options: readonly string[],
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("redis-server", {
    args: [
      ...["--port", String(port), "--bind", HOST, "--save", ""],
      ...["--appendonly", "no", "--loglevel", "warning"],
      // Redis begins with what lies in its folder under this name.
      ...["--dbfilename", `none-${port}.rdb`],
      ...options,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const untilMs = Date.now() + 20_000;
  while (!await answers(port)) {
    if (Date.now() > untilMs) throw new Error("redis-server does not answer");
  }
  return child;
}

async function answers(port: number): Promise<boolean> {
  try {
    return await ask(port, ["PING"]) === "+PONG";
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return false;
  }
}

/** One command over a connection of its own; bulk strings of the answer are joined by line breaks. */
async function ask(port: number, words: readonly string[]): Promise<string> {
  using conn = await Deno.connect({ hostname: HOST, port });
  const encoder = new TextEncoder();
  const parts = words.map((word) =>
    `$${encoder.encode(word).length}\r\n${word}\r\n`
  );
  const request = `*${words.length}\r\n${parts.join("")}`;
  await conn.write(encoder.encode(request));
  await conn.closeWrite();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of conn.readable) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text.split("\r\n").filter((line) =>
    line !== "" && !/^[$*]-?\d+$/.test(line)
  ).join("\n");
}

async function requireRedis(): Promise<void> {
  if (await runs(["redis-server", "--version"])) return;
  const isRoot = Deno.uid() === 0 && await runs(["apt-get", "--version"]);
  // Test files run beside each other, and only one may install.
  const install = [
    "flock",
    "/tmp/vapi-cn-apt.lock",
    "sh",
    "-c",
    "redis-server --version || { apt-get update && apt-get install -y redis-server; }",
  ];
  if (
    isRoot && await runs(install) && await runs(["redis-server", "--version"])
  ) {
    return;
  }
  throw new Error(MISSING);
}

async function runs([command, ...args]: string[]): Promise<boolean> {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, options).output()).success;
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
