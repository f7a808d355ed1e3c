import type { Log } from "../../src/telemetry/log.ts";
import { composeText } from "./compose_text.ts";
import { Notification } from "./notification.ts";
import { readBounded } from "./read_bounded.ts";
import type { Delivery, Robot } from "./robot.ts";

/** Parts of a {@linkcode Relay}. */
export interface RelayOptions {
  readonly robots: readonly Robot[];
  readonly log: Log;
  /** How long Alertmanager may take to send its body. */
  readonly bodyTimeoutMs: number;
}

/** Many times what Alertmanager sends with max_alerts of 50. */
const MOST_BODY_BYTES = 1_048_576;
/** Robots take 20 messages a minute. */
const MOST_AT_ONCE = 16;

const STATUS: Readonly<Record<Delivery["state"], number>> = {
  sent: 200,
  refused: 502,
  unreachable: 502,
  timeout: 504,
};

/**
 * Answers Alertmanager: `POST /dingtalk` and `POST /wecom` pass a group of
 * alerts on to that robot, with `?mention=all` calling everybody. Each robot
 * has a path of its own so that Alertmanager repeats for that robot only; it is
 * the one layer that retries, upon an answer of 5xx. Any thread.
 */
export class Relay {
  #robots: ReadonlyMap<string, Robot>;
  #log: Log;
  #bodyTimeoutMs: number;
  #busy = 0;

  constructor({ robots, log, bodyTimeoutMs }: RelayOptions) {
    this.#robots = new Map(robots.map((robot) => [`/${robot.kind}`, robot]));
    this.#log = log;
    this.#bodyTimeoutMs = bodyTimeoutMs;
  }

  /** Answers one request; for Deno.serve. */
  async answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/health") return Response.json({ status: "ok" });
    const robot = this.#robots.get(pathname);
    if (robot === undefined) {
      const known = [...this.#robots.keys()].join(", ");
      return refuse(404, `there is no such robot; there are: ${known}`);
    }
    if (request.method !== "POST") return refuse(405, "must be POST");
    if (this.#busy >= MOST_AT_ONCE) return refuse(503, "too many at once");
    const mentionAll = searchParams.get("mention") === "all";
    this.#busy++;
    try {
      return await this.#pass(request, { robot, mentionAll });
    } finally {
      this.#busy--;
    }
  }

  async #pass(
    request: Request,
    { robot, mentionAll }: { robot: Robot; mentionAll: boolean },
  ): Promise<Response> {
    const body = await this.#readBody(request);
    if (body instanceof Response) return body;
    const notification = Notification.safeParse(body);
    if (!notification.success) {
      return refuse(400, "must be a notification of Alertmanager, version 4");
    }
    const text = composeText(notification.data, robot.mostTextBytes);
    const delivery = await robot.send({ text, mentionAll });
    const fact = { robot: robot.kind, alerts: notification.data.alerts.length };
    if (delivery.state === "sent") {
      this.#log.info("A notification was passed on", fact);
    } else {
      this.#log.warn("A notification was not taken", { ...fact, ...delivery });
    }
    return Response.json(delivery, { status: STATUS[delivery.state] });
  }

  async #readBody(request: Request): Promise<unknown> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.#bodyTimeoutMs);
    try {
      const text = await readBounded(request.body, {
        mostBytes: MOST_BODY_BYTES,
        signal: abort.signal,
      });
      if (text === undefined) {
        return refuse(413, `must be at most ${MOST_BODY_BYTES} bytes`);
      }
      return JSON.parse(text);
    } catch {
      return abort.signal.aborted
        ? refuse(408, "the body took too long")
        : refuse(400, "must be JSON");
    } finally {
      clearTimeout(timer);
    }
  }
}

function refuse(status: number, error: string): Response {
  return Response.json({ error }, { status });
}
