import type { Connection, Listener } from "../tcp/connection.ts";
import { AppendReader } from "./append_reader.ts";
import { type Answer, createAnswers } from "./answer.ts";
import { DIALECTS } from "./dialect.ts";
import { closeQuietly, Door } from "./door.ts";
import type { Faults } from "./faults.ts";
import type { LiveFault } from "./live_faults.ts";
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

/** A simulated service that runs. */
export interface StepFun {
  /** Where a client connects, without `?model=`. */
  readonly url: string;
  readonly port: number;
  /** The sessions that are open, in the order in which they came. */
  sessions(): readonly SimulatedSession[];
  /** Lets something go wrong for all sessions, or go as usual again. */
  apply(fault: LiveFault): void;
  /** Drops all connections at once, without a close frame: clients see 1006. */
  cutAll(): void;
  /** Answers every upgrade with this HTTP status from now on; undefined: as usual again. */
  refuse(status: number | undefined): void;
  /** Ends everything; may be called twice. Rejects with what an observer threw. */
  close(): Promise<void>;
}

/** So many may wait for a slow client; a huge delta must fit. */
const MAX_WAITING_BYTES = 64_000_000;
const CLOSE_TIMEOUT_MS = 1000;

/**
 * Starts a simulated StepFun Realtime service on real sockets. Any thread; the
 * process needs permission to listen. Throws RangeError for options that cannot
 * be used, and what Deno throws when the port is taken.
 */
export function startStepFun(options: StepFunOptions): StepFun {
  const settings = settleOptions(options);
  const server = new Server(settings);
  const { port, hostname } = server.address;
  const { path } = DIALECTS[settings.dialect];
  return {
    url: `ws://${hostname}:${port}${path}`,
    port,
    sessions: () => [...server.sessions],
    apply: (fault) => server.apply(fault),
    cutAll: () => server.apply({ fault: "cut" }),
    refuse: (status) => server.apply({ fault: "refuse", status }),
    close: () => server.close(),
  };
}

class Server {
  readonly sessions = new Set<Session>();
  readonly #door: Door;
  readonly #settings: StepFunSettings & StepFunObservers;
  readonly #answer: (turn: Turn, number: number) => Answer;
  readonly #listener: Listener;
  readonly #connections = new Set<Connection>();
  readonly #ticker = new Ticker();
  readonly #appends = new AppendReader();
  readonly #failures: unknown[] = [];
  readonly #work = new Set<Promise<void>>();
  #closed = false;
  #attempts = 0;
  #stalled = false;
  #mute = false;
  #limitMs: number | undefined;

  constructor(settings: StepFunSettings & StepFunObservers) {
    this.#settings = settings;
    this.#door = new Door(settings);
    this.#answer = createAnswers(settings);
    const { hostname, port, reusePort, listen } = settings;
    this.#listener = listen({ hostname, port, reusePort });
    this.#supervise(this.#accept());
  }

  get address(): Listener["addr"] {
    return this.#listener.addr;
  }

  apply(fault: LiveFault): void {
    switch (fault.fault) {
      case "cut":
        return this.#cutAll();
      case "close":
        for (const session of this.sessions) session.end(fault.code);
        return;
      case "stall":
        this.#stalled = fault.on;
        this.#door.hangs = fault.on;
        for (const session of this.sessions) session.stall(fault.on);
        return;
      case "mute":
        this.#mute = fault.on;
        for (const session of this.sessions) session.mute(fault.on);
        return;
      case "refuse":
        this.#door.refuseStatus = fault.status;
        return;
      case "hang":
        this.#door.hangs = fault.on;
        return;
      case "limit":
        this.#limitMs = fault.ms;
        if (fault.ms === undefined) return;
        for (const session of this.sessions) session.limit(fault.ms);
        return;
      case "slow":
        this.#door.slowMs = fault.ms;
    }
  }

  #cutAll(): void {
    for (const session of this.sessions) session.cut();
    for (const conn of this.#connections) closeQuietly(conn);
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#listener.close();
    this.#closed = true;
    this.#door.close();
    this.#cutAll();
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

  async #serve(conn: Connection): Promise<void> {
    const index = this.#attempts++;
    const { faults } = this.#settings;
    const own = typeof faults === "function" ? faults(index) : faults;
    this.#connections.add(conn);
    let model: string | undefined;
    try {
      model = await this.#door.admit(conn, {
        faults: own,
        sessions: () => this.sessions.size,
      });
    } catch {
      // Not HTTP, too late, or gone: the connection is all that is lost.
    } finally {
      this.#connections.delete(conn);
    }
    if (model === undefined || this.#closed) return closeQuietly(conn);
    await this.#lead(conn, { index, model, faults: own });
  }

  async #lead(
    conn: Connection,
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
      appends: this.#appends,
      answer: this.#answer,
    });
    this.sessions.add(session);
    // It may have come in while the others were stalled.
    if (this.#stalled) session.stall(true);
    if (this.#mute) session.mute(true);
    if (this.#limitMs !== undefined) session.limit(this.#limitMs);
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
