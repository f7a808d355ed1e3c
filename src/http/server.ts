import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { type ApiOptions, createApi } from "./api.ts";
import { createConsole } from "./console.ts";
import { requirePlainHost } from "./plain_host.ts";
import { refuse } from "./refuse.ts";
import { shareAnswer } from "./shared_answer.ts";
import type { Log } from "../telemetry/log.ts";

/** What the node says of itself. */
export interface NodeStatus {
  readonly ready: boolean;
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
  /** What does not work although calls are taken; empty when all does. */
  readonly degraded: readonly string[];
  readonly activeCalls: number;
  readonly maxConnections: number;
  readonly shards: ReadonlyArray<{
    readonly shard: number;
    readonly running: boolean;
    readonly calls: number;
  }>;
}

/** Parts of the HTTP server. */
export interface HttpOptions {
  readonly status: () => NodeStatus;
  readonly metrics: () => Promise<{ type: string; text: string }>;
  readonly api: ApiOptions;
  readonly log: Log;
}

/** Answers /health (the process lives), /ready (it takes calls), /metrics, the interface below /v1 and the page /console. Main thread. */
export function createApp(options: HttpOptions): Hono {
  const app = new Hono();
  // Gathering takes the main thread's time.
  const scrape = shareAnswer(options.metrics);
  app.use(requirePlainHost);
  app.get("/health", (context) => context.json({ status: "ok" }));
  app.get("/ready", (context) => {
    const status = options.status();
    return context.json(status, status.ready ? 200 : 503);
  });
  app.get("/metrics", async (context) => {
    const { type, text } = await scrape();
    return context.text(text, 200, { "content-type": type });
  });
  app.route("/v1", createApi(options.api));
  app.route("/", createConsole());
  app.notFound((context) => context.json({ error: "not found" }, 404));
  app.onError((error, context) => {
    // Hono's own middleware refuses by an exception that has its answer.
    if (error instanceof HTTPException) return error.getResponse();
    const { method, path } = context.req;
    if (isBodyCutOff(error)) {
      options.log.debug("A request broke off", { method, path, error });
      return refuse(context, 400, "The body did not come whole");
    }
    options.log.error("A request was not answered", { method, path, error });
    return context.json({ error: "internal error" }, 500);
  });
  return app;
}

/** Whether a connection ended while a request's body was read. */
function isBodyCutOff(error: Error): boolean {
  const { BadResource, Http } = Deno.errors;
  return error instanceof Http || error instanceof BadResource;
}
