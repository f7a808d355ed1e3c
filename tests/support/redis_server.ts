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
  const { port, ...launched } = await launchAnywhere(options);
  let { child } = launched;
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

/** Tests run beside each other, and may choose the same free port. */
async function launchAnywhere(options: readonly string[], tries = 5) {
  const port = freePort();
  try {
    return { port, child: await launch(port, options) };
  } catch (error) {
    if (tries === 1) throw error;
    return await launchAnywhere(options, tries - 1);
  }
}

async function launch(
  port: number,
  options: readonly string[],
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("redis-server", {
    args: [
      ...["--port", String(port), "--bind", HOST, "--save", ""],
      ...["--appendonly", "no", "--loglevel", "warning"],
      ...options,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  const untilMs = Date.now() + 20_000;
  while (!await answers(port, child.pid)) {
    if (!hasEnded && Date.now() < untilMs) continue;
    quietly(() => child.kill("SIGKILL"));
    await child.status;
    throw new Error(`redis-server does not answer at port ${port}`);
  }
  return child;
}

/** Whether that very process has the port. */
async function answers(port: number, pid: number): Promise<boolean> {
  try {
    const info = await ask(port, ["INFO", "server"]);
    return info.split("\n").includes(`process_id:${pid}`);
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
