import { type RedisServer, startRedis } from "./redis_server.ts";
import { eventually } from "./store_rig.ts";

/** A master, its replica, and a sentinel that puts the one in place of the other. */
export interface SentinelPlace extends AsyncDisposable {
  /** Address of the master, by the sentinel. */
  readonly url: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
}

/** Three nodes that share the slots. */
export interface ClusterPlace extends AsyncDisposable {
  readonly url: string;
  /** Sends a command to the node that has its key. */
  ask(...words: string[]): Promise<string>;
}

const HOST = "127.0.0.1";
const SLOTS = 16_384;
const NODES = 3;

/** Starts real processes; resolves when the sentinel knows the replica. */
export async function startSentinel(): Promise<SentinelPlace> {
  const folder = await Deno.makeTempDir({ prefix: "vapi-sentinel-" });
  const master = await startRedis("--dir", folder);
  // What a replica gets from its master, it writes to disk.
  const replica = await startRedis(
    ...["--dir", folder, "--dbfilename", "replica.rdb"],
    ...["--replicaof", HOST, `${master.port}`],
  );
  const port = freePort();
  const child = await launchSentinel(`${folder}/sentinel.conf`, {
    port,
    masterPort: master.port,
  });
  const command = new SentinelCommand(port);
  await eventually(
    async () => /num-slaves\n1/.test(await command.ask("MASTER", "mymaster")),
    "the sentinel knows the replica",
  );
  return {
    url: `redis+sentinel://${HOST}:${port}/mymaster`,
    master,
    replica,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await master[Symbol.asyncDispose]();
      await replica[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Starts real processes; resolves when all of them say that the cluster is whole. */
export async function startCluster(): Promise<ClusterPlace> {
  const folder = await Deno.makeTempDir({ prefix: "vapi-cluster-" });
  const nodes: RedisServer[] = [];
  const busPorts: number[] = [];
  for (let i = 0; i < NODES; i++) {
    const busPort = freePort();
    busPorts.push(busPort);
    nodes.push(
      await startRedis(
        ...["--cluster-enabled", "yes", "--cluster-port", `${busPort}`],
        ...["--dir", folder, "--cluster-config-file", `nodes-${i}.conf`],
      ),
    );
  }
  await join(nodes, busPorts);
  const ask = async (...words: string[]) => {
    for (const node of nodes) {
      const answer = await node.ask(...words);
      if (!answer.startsWith("-MOVED")) return answer;
    }
    throw new Error(`No node has the key of ${words.join(" ")}`);
  };
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `${HOST}:${port}`).join()}`,
    ask,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function join(nodes: readonly RedisServer[], busPorts: number[]) {
  for (const [i, node] of nodes.entries()) {
    const first = Math.floor(i * SLOTS / NODES);
    const last = Math.floor((i + 1) * SLOTS / NODES) - 1;
    await node.ask("CLUSTER", "ADDSLOTSRANGE", `${first}`, `${last}`);
    await nodes[0].ask(
      ...["CLUSTER", "MEET", HOST, `${node.port}`, `${busPorts[i]}`],
    );
  }
  const isWhole = async (node: RedisServer) => {
    const state = await node.ask("CLUSTER", "INFO");
    return state.includes("cluster_state:ok") &&
      state.includes(`cluster_known_nodes:${NODES}`);
  };
  await eventually(
    async () => (await Promise.all(nodes.map(isWhole))).every(Boolean),
    "the cluster is whole",
  );
}

async function launchSentinel(
  path: string,
  { port, masterPort }: { port: number; masterPort: number },
): Promise<Deno.ChildProcess> {
  await Deno.writeTextFile(
    path,
    [
      `port ${port}`,
      `bind ${HOST}`,
      `sentinel monitor mymaster ${HOST} ${masterPort} 1`,
      "sentinel down-after-milliseconds mymaster 500",
      "sentinel failover-timeout mymaster 3000",
      "",
    ].join("\n"),
  );
  return new Deno.Command("redis-server", {
    args: [path, "--sentinel"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Asks a sentinel, which may not listen yet. */
class SentinelCommand {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** The words of the answer, one a line; empty while nobody listens. */
  async ask(...words: string[]): Promise<string> {
    try {
      using conn = await Deno.connect({ hostname: HOST, port: this.#port });
      const request = `SENTINEL ${words.join(" ")}\r\n`;
      await conn.write(new TextEncoder().encode(request));
      await conn.closeWrite();
      const text = await new Response(conn.readable).text();
      return text.split("\r\n").filter((line) => !/^[$*]/.test(line)).join(
        "\n",
      );
    } catch {
      return "";
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}
