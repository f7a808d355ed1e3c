import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../telemetry/log.ts";

/** Until it is tried again to listen, in milliseconds. */
const PAUSE_MS = 1000;

/** Parts of a {@linkcode LastingServer}. */
export interface LastingServerOptions {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly handler: Deno.ServeHandler;
  readonly log: Log;
}

/**
 * An HTTP server that listens until it is shut down, also when the runtime gives
 * up: it does for good when the machine has no descriptor left for a connection
 * (Deno 2.9.6). Main thread.
 */
export class LastingServer {
  /** Where it listens. */
  readonly addr: Deno.NetAddr;
  #options: LastingServerOptions;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #closing = new AbortController();

  /** Throws what Deno.serve throws. */
  constructor(options: LastingServerOptions) {
    this.#options = options;
    this.#server = this.#listen(options.port);
    this.addr = this.#server.addr;
    void this.#goOn();
  }

  /** Resolves when what was asked is answered. */
  async shutdown(): Promise<void> {
    this.#closing.abort();
    // One that has failed has nothing left to answer.
    await this.#server.shutdown().catch(() => {});
  }

  #listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, handler } = this.#options;
    return Deno.serve({ hostname, port, onListen: () => {} }, handler);
  }

  async #goOn(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#server.finished;
        if (signal.aborted) return;
        log.error("The HTTP server has ended and is started again");
      } catch (error) {
        log.error("The HTTP server has failed and is started again", { error });
      }
      await pause(PAUSE_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        this.#server = this.#listen(this.addr.port);
      } catch (error) {
        log.error("Cannot listen for HTTP", { error });
      }
    }
  }
}
