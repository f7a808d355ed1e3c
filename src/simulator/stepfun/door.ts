import type { Connection } from "../tcp/connection.ts";
import { DIALECTS } from "./dialect.ts";
import type { Faults } from "./faults.ts";
import type { StepFunSettings } from "./stepfun_options.ts";
import {
  acceptUpgrade,
  asksForWebSocket,
  readUpgrade,
  type Refusal,
  refuseUpgrade,
  type UpgradeRequest,
} from "./upgrade.ts";

const REFUSAL_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "invalid_api_key",
  402: "insufficient_balance",
  404: "not_found",
  429: "rate_limit_exceeded",
  451: "censorship_blocked",
  503: "engine_overloaded_error",
};

/** Who comes in, and how: every connection until it is a WebSocket. Any thread. */
export class Door {
  /** Answers every upgrade with this HTTP status. */
  refuseStatus: number | undefined;
  /** Answers nobody; whoever came meanwhile is never answered. */
  hangs = false;
  /** How much later an upgrade is answered, in milliseconds. */
  slowMs = 0;
  readonly #settings: StepFunSettings;
  readonly #waiting = new Set<() => void>();

  constructor(settings: StepFunSettings) {
    this.#settings = settings;
  }

  /** Leads one connection through its upgrade and gives the model that it asks for; undefined when it does not come in. */
  async admit(
    conn: Connection,
    { faults, sessions }: { faults: Faults; sessions: () => number },
  ): Promise<string | undefined> {
    const { upgradeTimeoutMs } = this.#settings;
    const deadline = setTimeout(() => closeQuietly(conn), upgradeTimeoutMs);
    const request = await readUpgrade(conn)
      .finally(() => clearTimeout(deadline));
    if (faults.closeAt?.step === "upgrade") return undefined;
    if (this.hangs || faults.stallAt === "upgrade") return await drain(conn);
    if (this.slowMs > 0) await this.#wait(this.slowMs);
    const status = this.refuseStatus ?? faults.refuseStatus;
    const refusal = status === undefined
      ? this.#judge(request, sessions())
      : refusalOf(status, "refused on purpose");
    if (refusal !== undefined) {
      await refuseUpgrade(conn, refusal);
      return undefined;
    }
    conn.setNoDelay(true);
    await acceptUpgrade(conn, request);
    return request.query.get("model") ?? undefined;
  }

  /** Lets nobody wait any more. */
  close(): void {
    for (const goOn of this.#waiting) goOn();
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  #judge(request: UpgradeRequest, sessions: number): Refusal | undefined {
    const { apiKey, models, maxSessions, dialect } = this.#settings;
    const { path, query, headers } = request;
    if (path !== DIALECTS[dialect].path) {
      return refusalOf(404, "path not found");
    }
    if (apiKey !== "" && headers.get("authorization") !== `Bearer ${apiKey}`) {
      return refusalOf(401, "Incorrect API key provided");
    }
    const model = query.get("model");
    if (model === null) return refusalOf(400, "model is required");
    if (!models.includes(model)) {
      return refusalOf(400, `model ${model.slice(0, 100)} does not exist`);
    }
    if (!asksForWebSocket(request)) return refusalOf(426, "not a WebSocket");
    if (sessions < maxSessions) return undefined;
    return refusalOf(429, "too many concurrent sessions");
  }
}

function refusalOf(status: number, message: string): Refusal {
  const type = REFUSAL_TYPES[status] ?? "server_error";
  return { status, message, type };
}

/** Reads until the client gives up. */
async function drain(conn: Connection): Promise<undefined> {
  const bytes = new Uint8Array(1024);
  while (await conn.read(bytes) !== null);
}

/** Closes a connection that may be closed already, by its deadline or by the peer. Any thread. */
export function closeQuietly(conn: Connection): void {
  try {
    conn.close();
  } catch {
    // It is gone.
  }
}
