import { readUsage } from "../capacity/process_usage.ts";
import {
  type LogLine,
  type ServerProcess,
  startServer,
} from "../server_process.ts";
import { ThreadAim } from "./thread_aim.ts";

/** What makes a {@linkcode ChaosNode}. */
export interface ChaosNodeOptions {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether its shards are to be killed. */
  readonly debug: boolean;
  readonly onLog: (line: LogLine) => void;
}

/** One real server, which may be killed and started again on the same port. */
export class ChaosNode {
  readonly name: string;
  /** Calls that lost their shard here. */
  readonly shardLost = new Set<string>();
  readonly #options: ChaosNodeOptions;
  #server: ServerProcess | undefined;
  #eslPort = 0;
  #filesAtStart = 0;

  constructor(options: ChaosNodeOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Where FreeSWITCH reaches it, known after the first start. */
  get target(): string {
    return `127.0.0.1:${this.#eslPort}`;
  }

  get running(): boolean {
    return this.#server !== undefined;
  }

  async start(): Promise<void> {
    const { environment, debug, name, onLog } = this.#options;
    const server = await startServer({
      environment: {
        ...environment,
        NODE_NAME: name,
        ESL_PORT: String(this.#eslPort),
      },
      debug,
      onLog: (line) => {
        if (line.message === "The call has lost its shard") {
          this.shardLost.add(String(line.callId));
        }
        onLog(line);
      },
      onError: () => {},
    });
    this.#server = server;
    this.#eslPort = server.eslPort;
    this.#filesAtStart = await this.#openFiles();
  }

  /** Kills it as a crash would; resolves when it is gone. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.kill("SIGKILL");
    await server?.exited;
  }

  /** Asks it to stop, and gives its exit code; it is killed after `withinMs`. */
  async stop(withinMs: number): Promise<number> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return 0;
    const timer = setTimeout(() => server.kill("SIGKILL"), withinMs);
    return await server.stop().finally(() => clearTimeout(timer));
  }

  /** Finds its threads, so that one can be killed and nothing else of it. */
  async aimAtThreads(): Promise<ThreadAim> {
    const url = this.#server?.debuggerUrl;
    if (url === undefined) throw new Error(`${this.name} has no debugger`);
    return await ThreadAim.take(url);
  }

  /** The text of its metrics; empty when it is down. */
  async metrics(): Promise<string> {
    return await this.#server?.metrics() ?? "";
  }

  /** Files and sockets that it has open beyond those with which it started; 0 when it is down. */
  async filesGained(): Promise<number> {
    const files = await this.#openFiles();
    return files === 0 ? 0 : Math.max(0, files - this.#filesAtStart);
  }

  async #openFiles(): Promise<number> {
    const pid = this.#server?.pid;
    return pid === undefined ? 0 : (await readUsage(pid)).files;
  }
}
