import { ProtocolError } from "../../src/errors.ts";
import {
  connectInPhases,
  PhaseError,
  type PhaseTimes,
} from "./connect_phases.ts";
// @ts-types="../ws.d.ts"
import WebSocket, { type Ws, type WsResponse } from "ws";

/** What a model says: JSON with a type; the rest is not checked. */
export interface ModelEvent {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** Where a model is, its name included. */
export interface ModelAddress {
  readonly url: URL;
  readonly apiKey: string;
}

/** The model refused the upgrade with a status. */
export class UpgradeError extends Error {
  override name = "UpgradeError";
  readonly status: number;

  constructor(status: number, body: string) {
    super(body);
    this.status = status;
  }
}

const MOST_MESSAGE_BYTES = 16 * 1024 * 1024;
const MOST_BODY_BYTES = 4096;
const MOST_WAITING = 10_000;

/** One conversation with a model: what it says waits until it is asked for. */
export class ModelTalk {
  /** How long the way to it took. */
  readonly times: PhaseTimes;
  /** Its clock, by the answer to the upgrade; undefined when it does not tell. */
  dateMs?: number;
  readonly #ws: Ws;
  readonly #events: ModelEvent[] = [];
  #waiting?: PromiseWithResolvers<ModelEvent>;
  #end?: Error;

  private constructor(ws: Ws, times: PhaseTimes) {
    this.#ws = ws;
    this.times = times;
    ws.on("upgrade", (response) => this.dateMs = dateOf(response));
    ws.on("message", (data) => this.#take(data));
    ws.on("error", (error) => this.#finish(error));
    ws.on(
      "close",
      (code) =>
        this.#finish(new ProtocolError(`it closed the session (${code})`)),
    );
  }

  /** Connects. Rejects with PhaseError or UpgradeError; everything ends when the signal is aborted. */
  static async open(
    { url, apiKey }: ModelAddress,
    signal: AbortSignal,
  ): Promise<ModelTalk> {
    const { socket, times } = await connectInPhases(url, signal);
    const startMs = performance.now();
    const ws = new WebSocket(url.href, {
      headers: { authorization: `Bearer ${apiKey}` },
      perMessageDeflate: false,
      maxPayload: MOST_MESSAGE_BYTES,
      createConnection: () => socket,
    });
    signal.addEventListener("abort", () => {
      ws.terminate();
      socket.destroy();
    }, { once: true });
    const opened = Promise.withResolvers<void>();
    ws.on("open", opened.resolve);
    ws.on("error", (cause) => opened.reject(phaseError(cause)));
    ws.on(
      "unexpected-response",
      (_request, response) =>
        void readRefusal(response).then(opened.reject, opened.reject)
          .finally(() => socket.destroy()),
    );
    const talk = new ModelTalk(ws, times);
    await opened.promise;
    times.upgrade = performance.now() - startMs;
    return talk;
  }

  /** Says something; what cannot be sent shows when the answer is asked for. */
  say(event: ModelEvent): void {
    this.#ws.send(JSON.stringify(event), () => {});
  }

  /** The next event. Rejects when the session has ended; ask again only when it has come. */
  next(): Promise<ModelEvent> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve(event);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#waiting = Promise.withResolvers();
    // Whoever asked may have stopped waiting when the session ends.
    this.#waiting.promise.catch(() => {});
    return this.#waiting.promise;
  }

  /** Ends the session at once; may be called twice. */
  close(): void {
    this.#ws.terminate();
  }

  #take(data: Uint8Array): void {
    const event = parseEvent(data);
    if (event === undefined || this.#events.length >= MOST_WAITING) {
      this.#finish(new ProtocolError("it says what is no event"));
      this.close();
    } else if (this.#waiting !== undefined) {
      this.#waiting.resolve(event);
      this.#waiting = undefined;
    } else {
      this.#events.push(event);
    }
  }

  #finish(error: Error): void {
    this.#end ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

function phaseError(cause: unknown): PhaseError {
  return new PhaseError("upgrade", { cause });
}

function dateOf({ headers }: WsResponse): number | undefined {
  const ms = Date.parse(headers.date ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

async function readRefusal(response: WsResponse): Promise<UpgradeError> {
  const decoder = new TextDecoder();
  let body = "";
  for await (const chunk of response) {
    body += decoder.decode(chunk, { stream: true });
    if (body.length > MOST_BODY_BYTES) break;
  }
  return new UpgradeError(response.statusCode, body);
}

function parseEvent(data: Uint8Array): ModelEvent | undefined {
  try {
    const event = JSON.parse(new TextDecoder().decode(data));
    return typeof event?.type === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}
