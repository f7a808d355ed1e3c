import { type Answer, createAnswers } from "./answer.ts";
import type { Faults } from "./faults.ts";
import { ServerSocket } from "./server_socket.ts";
import { Session } from "./session.ts";
import type { SimulatedSession } from "./simulated_session.ts";
import {
  settleOptions,
  type StepFunObservers,
  type StepFunOptions,
  type StepFunSettings,
} from "./stepfun_options.ts";
import { Ticker } from "./ticker.ts";
import type { Turn } from "./turn.ts";
import {
  acceptUpgrade,
  asksForWebSocket,
  readUpgrade,
  type Refusal,
  refuseUpgrade,
  type UpgradeRequest,
} from "./upgrade.ts";

/** A simulated service that runs. */
export interface StepFun {
  /** Where a client connects, without `?model=`. */
  readonly url: string;
  readonly port: number;
  /** The sessions that are open, in the order in which they came. */
  sessions(): readonly SimulatedSession[];
  /** Drops all connections at once, without a close frame: clients see 1006. */
  cutAll(): void;
  /** Answers every upgrade with this HTTP status from now on; undefined: as usual again. */
  refuse(status: number | undefined): void;
  /** Ends everything; may be called twice. Rejects with what an observer threw. */
  close(): Promise<void>;
}

const PATH = "/v1/realtime";
/** So many may wait for a slow client; a huge delta must fit. */
const MAX_WAITING_BYTES = 64_000_000;
const CLOSE_TIMEOUT_MS = 1000;

const REFUSAL_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "invalid_api_key",
  402: "insufficient_balance",
  404: "not_found",
  429: "rate_limit_exceeded",
  451: "censorship_blocked",
  503: "engine_overloaded_error",
};

/**
 * Starts a simulated StepFun Realtime service on real sockets. Any thread; the
 * process needs permission to listen. Throws RangeError for options that cannot
 * be used, and what Deno throws when the port is taken.
 */
export function startStepFun(options: StepFunOptions): StepFun {
  const server = new Server(settleOptions(options));
  const { port, hostname } = server.address;
  return {
    url: `ws://${hostname}:${port}${PATH}`,
    port,
    sessions: () => [...server.sessions],
    cutAll: () => server.cutAll(),
    refuse: (status) => {
      server.refuseStatus = status;
    },
    close: () => server.close(),
  };
}

class Server {
  readonly sessions = new Set<Session>();
  refuseStatus: number | undefined;
  readonly #settings: StepFunSettings & StepFunObservers;
  readonly #answer: (turn: Turn, number: number) => Answer;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #ticker = new Ticker();
  readonly #failures: unknown[] = [];
  readonly #work = new Set<Promise<void>>();
  #closed = false;
  #attempts = 0;

  constructor(settings: StepFunSettings & StepFunObservers) {
    this.#settings = settings;
    this.#answer = createAnswers(settings);
    const { hostname, port, reusePort } = settings;
    this.#listener = Deno.listen({ hostname, port, reusePort });
    this.#supervise(this.#accept());
  }

  get address(): Deno.NetAddr {
    return this.#listener.addr as Deno.NetAddr;
  }

  cutAll(): void {
    for (const session of this.sessions) session.cut();
    for (const conn of this.#connections) closeQuietly(conn);
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#listener.close();
    this.#closed = true;
    this.cutAll();
    while (this.#work.size > 0) await Promise.all(this.#work);
    if (this.#failures.length > 0) throw this.#failures.shift();
  }

  #supervise(work: Promise<void>): void {
    const settled: Promise<void> = work
      .catch((error) => {
        this.#failures.push(error);
      })
      .finally(() => this.#work.delete(settled));
    this.#work.add(settled);
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        const conn = await this.#listener.accept();
        this.#supervise(this.#serve(conn));
      } catch (error) {
        // A client that left before it was accepted is not ours to report.
        if (
          !this.#closed && !(error instanceof Deno.errors.ConnectionAborted)
        ) {
          throw error;
        }
      }
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    const index = this.#attempts++;
    const { faults } = this.#settings;
    const own = typeof faults === "function" ? faults(index) : faults;
    this.#connections.add(conn);
    let model: string | undefined;
    try {
      model = await this.#upgrade(conn, own);
    } catch {
      // Not HTTP, too late, or gone: the connection is all that is lost.
    } finally {
      this.#connections.delete(conn);
    }
    if (model === undefined || this.#closed) return closeQuietly(conn);
    await this.#lead(conn, { index, model, faults: own });
  }

  async #upgrade(
    conn: Deno.TcpConn,
    faults: Faults,
  ): Promise<string | undefined> {
    const { upgradeTimeoutMs } = this.#settings;
    const deadline = setTimeout(() => closeQuietly(conn), upgradeTimeoutMs);
    const request = await readUpgrade(conn)
      .finally(() => clearTimeout(deadline));
    if (faults.closeAt?.step === "upgrade") return undefined;
    if (faults.stallAt === "upgrade") return await drain(conn);
    const refusal = this.#judge(request, faults);
    if (refusal !== undefined) {
      await refuseUpgrade(conn, refusal);
      return undefined;
    }
    conn.setNoDelay(true);
    await acceptUpgrade(conn, request);
    return request.query.get("model") ?? undefined;
  }

  #judge(request: UpgradeRequest, faults: Faults): Refusal | undefined {
    const { apiKey, models, maxSessions } = this.#settings;
    const { path, query, headers } = request;
    const status = this.refuseStatus ?? faults.refuseStatus;
    if (status !== undefined) return refusal(status, "refused on purpose");
    if (path !== PATH) return refusal(404, "path not found");
    if (apiKey !== "" && headers.get("authorization") !== `Bearer ${apiKey}`) {
      return refusal(401, "Incorrect API key provided");
    }
    const model = query.get("model");
    if (model === null) return refusal(400, "model is required");
    if (!models.includes(model)) {
      return refusal(400, `model ${model.slice(0, 100)} does not exist`);
    }
    if (!asksForWebSocket(request)) return refusal(426, "not a WebSocket");
    if (this.sessions.size < maxSessions) return undefined;
    return refusal(429, "too many concurrent sessions");
  }

  async #lead(
    conn: Deno.TcpConn,
    facts: { index: number; model: string; faults: Faults },
  ): Promise<void> {
    const { maxMessageBytes, onSession, onSessionEnd } = this.#settings;
    const socket = new ServerSocket(conn, {
      maxMessageBytes,
      maxWaitingBytes: MAX_WAITING_BYTES,
      closeTimeoutMs: CLOSE_TIMEOUT_MS,
    });
    const session = new Session(socket, {
      ...facts,
      settings: this.#settings,
      ticker: this.#ticker,
      answer: this.#answer,
    });
    this.sessions.add(session);
    try {
      onSession?.(session);
      await session.run();
    } finally {
      session.cut();
      this.sessions.delete(session);
      onSessionEnd?.(session);
    }
  }
}

function refusal(status: number, message: string): Refusal {
  const type = REFUSAL_TYPES[status] ?? "server_error";
  return { status, message, type };
}

/** Reads until the client gives up. */
async function drain(conn: Deno.Conn): Promise<undefined> {
  const bytes = new Uint8Array(1024);
  while (await conn.read(bytes) !== null);
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It was closed already, by its deadline or by the peer.
  }
}
