import type { Paced, Pacer } from "../../src/simulator/freeswitch/pacer.ts";
import { RemoteError } from "../../src/errors.ts";
import type { LineAudio } from "./caller.ts";
// @ts-types="../ws.d.ts"
import WebSocket, { type Ws } from "ws";

/** A browser plays once it has so many frames in stock, as the console's page does. */
const STOCK_FRAMES = 3;
const FRAME_MS = 20;
const GATEWAY_PATH = "/ws";
const PROTOCOL = "vapi.v1";
const NORMAL = 1000;
const OPEN = 1;
/** A network that has taken nothing for so long proves nothing about a server, in frames. */
const MOST_WAITING_FRAMES = 10;

/** A call of a simulated browser. */
export interface BrowserLineOptions extends Omit<LineAudio, "name"> {
  /** The server's REST interface, e.g. `http://127.0.0.1:3000`, and who may use it. */
  readonly apiUrl: string;
  readonly token: string;
  readonly rateHz: number;
  readonly pacer: Pacer;
}

/**
 * A page in a browser that books a call, connects with its ticket, and sends
 * and plays a frame every 20 ms. One thread.
 */
export class BrowserLine implements Paced {
  readonly intervalMs = FRAME_MS;
  dueMs = 0;
  readonly stats = { framesSent: 0, unsent: 0 };
  /** Milliseconds from the start to the answer; rejects with RemoteError when the call ends before. */
  readonly answered: Promise<number>;
  /** FreeSWITCH's cause, as the server tells it; `REFUSED` when the call could not be booked. */
  readonly ended: Promise<{ readonly cause: string }>;
  readonly #options: BrowserLineOptions;
  readonly #startedMs = performance.now();
  readonly #spoken: Int16Array;
  readonly #spokenBytes: Uint8Array;
  readonly #stock: Int16Array[] = [];
  readonly #answer = Promise.withResolvers<number>();
  readonly #end = Promise.withResolvers<{ cause: string }>();
  #socket?: Ws;
  #isPlaying = false;
  #isOver = false;
  #waited = 0;
  #ticks = 0;

  constructor(options: BrowserLineOptions) {
    this.#options = options;
    this.#spoken = new Int16Array(options.rateHz * FRAME_MS / 1000);
    this.#spokenBytes = new Uint8Array(this.#spoken.buffer);
    this.answered = this.#answer.promise;
    this.answered.catch(() => {});
    this.ended = this.#end.promise;
    this.#connect().catch((error) => this.#finish(causeOf(error)));
  }

  /** One frame time. */
  tick(nowMs: number): void {
    this.#speak();
    const frame = this.#play();
    this.#options.heard(frame, this.#ticks++, nowMs - this.#startedMs);
  }

  hangUp(): void {
    if (this.#socket === undefined) this.#finish("NORMAL_CLEARING");
    else this.#socket.close(NORMAL);
  }

  async #connect(): Promise<void> {
    const { apiUrl, token, rateHz } = this.#options;
    const response = await fetch(`${apiUrl}/v1/browser-calls`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ rateHz }),
    });
    const booked = await response.json();
    if (!response.ok) throw new RemoteError(`${booked.error}`);
    if (this.#isOver) return;
    const { hostname } = new URL(apiUrl);
    // Not the runtime's: it lets small frames wait for others, which no browser does.
    const socket = this.#socket = new WebSocket(
      `ws://${hostname}:${booked.gatewayPort}${GATEWAY_PATH}`,
      [PROTOCOL, `ticket.${booked.ticket}`],
      { perMessageDeflate: false },
    );
    socket.on("message", (data, isBinary) => {
      if (isBinary) this.#arrive(data);
      else this.#hear(JSON.parse(new TextDecoder().decode(data)));
    });
    socket.on("error", (error) => this.#finish(`${error}`));
    socket.on("close", (code) => {
      this.#finish(code === NORMAL ? "NORMAL_CLEARING" : `closed with ${code}`);
    });
  }

  #hear(message: { readonly type: string; readonly cause?: string }): void {
    if (message.type === "ended") this.#finish(message.cause ?? "");
    if (message.type !== "answered") return;
    const nowMs = performance.now();
    this.dueMs = nowMs;
    this.#options.pacer.add(this);
    this.#answer.resolve(nowMs - this.#startedMs);
  }

  #arrive(data: Uint8Array): void {
    const timeMs = performance.now();
    // A Buffer's own slice would be a part of somebody else's memory.
    this.#stock.push(new Int16Array(new Uint8Array(data).buffer));
    this.#options.arrived(data, { timeMs, seenMs: timeMs });
  }

  #speak(): void {
    const socket = this.#socket!;
    const frame = this.#spoken;
    if (socket.bufferedAmount > MOST_WAITING_FRAMES * frame.byteLength) {
      this.stats.unsent++;
      return;
    }
    const spoke = this.#options.speech(frame, this.stats.framesSent++);
    if (!spoke) frame.fill(0);
    // Copied, because it is sent when the network takes it.
    if (socket.readyState === OPEN) socket.send(this.#spokenBytes.slice());
  }

  /** What is heard now: nothing before there is a stock, or the end of what came waits long enough. */
  #play(): Int16Array | undefined {
    if (this.#stock.length === 0) {
      this.#isPlaying = false;
      this.#waited = 0;
      return undefined;
    }
    this.#isPlaying ||= this.#stock.length >= STOCK_FRAMES ||
      ++this.#waited >= STOCK_FRAMES;
    return this.#isPlaying ? this.#stock.shift() : undefined;
  }

  #finish(cause: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.pacer.remove(this);
    this.#answer.reject(new RemoteError(`The call ended: ${cause}`));
    this.#end.resolve({ cause });
  }
}

function causeOf(error: unknown): string {
  return error instanceof RemoteError ? "REFUSED" : `${error}`;
}
