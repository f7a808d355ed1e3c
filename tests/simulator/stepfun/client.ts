import {
  startStepFun,
  type StepFun,
} from "../../../src/simulator/stepfun/start_stepfun.ts";
import type { StepFunOptions } from "../../../src/simulator/stepfun/stepfun_options.ts";

/** An event as it came; a text that is not JSON has the type `?`, a binary frame `binary`. */
export interface Received {
  readonly type: string;
  // deno-lint-ignore no-explicit-any
  readonly [name: string]: any;
}

const DEADLINE_MS = 8000;

/** A bare client of the service, which keeps everything that it received. */
export class Client {
  readonly received: Received[] = [];
  readonly opened: Promise<void>;
  /** The close code; Deno's 0 for an end without a close frame is given as 1006. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #taken = 0;
  #wake = () => {};

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#socket = new WebSocket(url, { headers });
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => {
      this.received.push(parse(data));
      this.#wake();
    };
    this.closed = new Promise((resolve) => {
      this.#socket.onclose = ({ code }) => {
        resolve(code || 1006);
        this.#wake();
      };
    });
    this.opened = new Promise((resolve, reject) => {
      this.#socket.onopen = () => resolve();
      this.#socket.onerror = () => reject(new Error("no WebSocket"));
    });
    this.opened.catch(() => {});
  }

  send(event: Record<string, unknown> | string): void {
    const text = typeof event === "string" ? event : JSON.stringify(event);
    this.#socket.send(text);
  }

  sendBytes(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(bytes);
  }

  append(samples: Int16Array): void {
    const { buffer, byteOffset, byteLength } = samples;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.send({
      type: "input_audio_buffer.append",
      audio: bytes.toBase64(),
    });
  }

  /** The next event of this type, from where the last call stopped; others are passed over. */
  async until(type: string): Promise<Received> {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      while (this.#taken < this.received.length) {
        const event = this.received[this.#taken++];
        if (event.type === type) return event;
      }
      await this.#more(`${type} after ${this.types().slice(-5)}`, deadline);
    }
  }

  async #more(what: string, deadline: number): Promise<void> {
    if (this.#socket.readyState >= WebSocket.CLOSING) {
      throw new Error(`closed while waiting for ${what}`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`nothing while waiting for ${what}`)),
      deadline - performance.now(),
    );
    this.#wake = resolve;
    await promise.finally(() => clearTimeout(timer));
  }

  /** Opens, and configures with detection on, and waits until that is done. */
  async ready(session: Record<string, unknown> = {}): Promise<this> {
    await this.opened;
    await this.until("session.created");
    this.send({
      type: "session.update",
      session: { turn_detection: { type: "server_vad" }, ...session },
    });
    await this.until("session.updated");
    return this;
  }

  /** Writes as the user and asks for an answer. */
  ask(text: string): void {
    const content = [{ type: "input_text", text }];
    this.send({
      type: "conversation.item.create",
      item: { type: "message", role: "user", content },
    });
    this.send({ type: "response.create" });
  }

  types(): string[] {
    return this.received.map((event) => event.type);
  }

  /** All audio so far, as samples. */
  heard(): Int16Array {
    const parts = this.received
      .filter((event) => event.type === "response.audio.delta")
      .map((event) => Uint8Array.fromBase64(event.delta));
    const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return new Int16Array(bytes.buffer);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}

/** Runs a test against a service and ends both afterwards. */
export async function withStepFun(
  options: StepFunOptions,
  test: (fun: StepFun, connect: () => Client) => Promise<void>,
): Promise<void> {
  const fun = startStepFun({ realtimeFactor: Infinity, ...options });
  const clients: Client[] = [];
  const headers: Record<string, string> = options.apiKey
    ? { Authorization: `Bearer ${options.apiKey}` }
    : {};
  try {
    await test(fun, () => {
      const client = new Client(`${fun.url}?model=step-audio-2`, headers);
      clients.push(client);
      return client;
    });
  } finally {
    await fun.close();
    await Promise.all(clients.map((client) => client.closed));
  }
}

function parse(data: string | ArrayBuffer): Received {
  if (typeof data !== "string") {
    return { type: "binary", bytes: data.byteLength };
  }
  try {
    return JSON.parse(data);
  } catch {
    return { type: "?", text: data };
  }
}
