/** What this folder uses of the package `ws`, which has no types of its own. */
import type { Duplex } from "node:stream";

/** The server's end of a WebSocket. */
export interface WebSocket {
  /** As in browsers: 1 while it is open. */
  readonly readyState: number;
  /** Bytes that were sent and wait for the network. */
  readonly bufferedAmount: number;
  on(
    name: "message",
    listener: (data: Uint8Array, isBinary: boolean) => void,
  ): this;
  on(name: "close", listener: (code: number, reason: Uint8Array) => void): this;
  /** A ping was answered, or a pong came. */
  on(name: "ping" | "pong", listener: () => void): this;
  /** The peer broke the protocol: it is told so, and nothing more of it is looked at. */
  on(name: "error", listener: (error: Error) => void): this;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
}

/** What is read of a request. */
export interface UpgradeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export declare class WebSocketServer {
  constructor(options: {
    readonly noServer: true;
    readonly maxPayload: number;
    /** Pieces of one message; the code is 1008 when there are more. */
    readonly maxFragments: number;
    /** In milliseconds, until a connection whose end was said by either side is cut off. */
    readonly closeTimeout: number;
    readonly perMessageDeflate: false;
    readonly handleProtocols: () => string;
  });
  readonly clients: ReadonlySet<WebSocket>;
  /** A request cannot be upgraded; who listens answers it. */
  on(
    name: "wsClientError",
    listener: (error: Error, socket: Duplex) => void,
  ): this;
  handleUpgrade(
    request: UpgradeRequest,
    socket: Duplex,
    head: Uint8Array,
    done: (socket: WebSocket) => void,
  ): void;
}
