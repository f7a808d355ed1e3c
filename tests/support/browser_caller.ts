import type { GatewayMessage } from "../../src/http/gateway/browser_message.ts";

/** What came of a caller's WebSocket. */
export interface ClosedSocket {
  readonly code: number;
  readonly reason: string;
}

/** A program that calls by the gateway's WebSocket, as a page in a browser does. */
export class BrowserCaller {
  /** Frames that came, the oldest first. */
  readonly frames: Int16Array[] = [];
  /** Resolves when the connection is there, or will never be. */
  readonly opened: Promise<void>;
  readonly closed: Promise<ClosedSocket>;
  readonly #socket: WebSocket;
  readonly #messages: GatewayMessage[] = [];
  #arrived = Promise.withResolvers<void>();

  /** By the gateway at this port of 127.0.0.1. */
  constructor(port: number, protocols: readonly string[]) {
    const address = `ws://127.0.0.1:${port}/ws`;
    const socket = this.#socket = new WebSocket(address, [...protocols]);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.#messages.push(JSON.parse(data));
      else this.frames.push(new Int16Array(data));
      this.#wake();
    };
    const opened = Promise.withResolvers<void>();
    this.opened = opened.promise;
    socket.onopen = () => opened.resolve();
    const closed = Promise.withResolvers<ClosedSocket>();
    this.closed = closed.promise;
    socket.onclose = ({ code, reason }) => {
      opened.resolve();
      closed.resolve({ code, reason });
      this.#wake();
    };
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Resolves with the oldest message of a type, once it has come; rejects when the connection ends before. */
  async told<Type extends GatewayMessage["type"]>(
    type: Type,
  ): Promise<Extract<GatewayMessage, { type: Type }>> {
    await this.until(() => this.#messages.some((each) => each.type === type));
    const found = this.#messages.find((each) => each.type === type);
    return found as Extract<GatewayMessage, { type: Type }>;
  }

  /** How many messages of a type have come. */
  count(type: GatewayMessage["type"]): number {
    return this.#messages.filter((each) => each.type === type).length;
  }

  /** Resolves when something that came makes it so; rejects when the connection ends before. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#socket.readyState === WebSocket.CLOSED) {
        throw new Error("The connection ended before");
      }
      await this.#arrived.promise;
    }
  }

  /** Sends bytes, or a text, as they are. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** Sends the frames of `speech`, and silence after it, each at its time, until `signal` fires. */
  speak(speech: Int16Array, frameSamples: number, signal: AbortSignal): void {
    const fromMs = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = (performance.now() - fromMs) / 20;
      for (; sent < due; sent++) {
        const frame = new Int16Array(frameSamples);
        const at = sent * frameSamples;
        frame.set(speech.subarray(at, at + frameSamples));
        if (this.#socket.readyState !== WebSocket.OPEN) return;
        this.#socket.send(frame);
      }
    }, 10);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Closes with this code: 4000 and above stand for a connection that is lost. */
  async close(code = 1000): Promise<void> {
    this.#socket.close(code);
    await this.closed;
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}
