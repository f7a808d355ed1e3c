/** What the tools use of the package `ws`, which has no types of its own. */

/** An answer that is no upgrade, or the answer that is one. */
export interface WsResponse extends AsyncIterable<Uint8Array> {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A client's end of a WebSocket. */
export interface Ws {
  on(name: "open", listener: () => void): this;
  on(name: "upgrade", listener: (response: WsResponse) => void): this;
  on(
    name: "unexpected-response",
    listener: (request: unknown, response: WsResponse) => void,
  ): this;
  on(
    name: "message",
    listener: (data: Uint8Array, isBinary: boolean) => void,
  ): this;
  on(name: "close", listener: (code: number) => void): this;
  on(name: "error", listener: (error: Error) => void): this;
  /** As in browsers: 1 while it is open. */
  readonly readyState: number;
  /** Bytes that were sent and wait for the network. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array, sent?: (error?: Error) => void): void;
  close(code: number): void;
  terminate(): void;
}

/** How to connect. */
export interface WsOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly perMessageDeflate: boolean;
  readonly maxPayload: number;
  readonly createConnection: () => unknown;
}

declare const WebSocket: {
  new (url: string, options: WsOptions): Ws;
  new (
    url: string,
    protocols: readonly string[],
    options: { readonly perMessageDeflate: boolean },
  ): Ws;
};

export default WebSocket;
