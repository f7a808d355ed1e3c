import { ProtocolError, RemoteError } from "../../src/errors.ts";

/** Where FreeSWITCH listens, and the password. */
export interface EventSocketAddress {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

type Headers = ReadonlyMap<string, string>;
type Frame = { readonly headers: Headers; readonly body: string };

const MOST_HEAD_BYTES = 65_536;
const MOST_BODY_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 16_384;
const LINE_BREAK = /[\r\n]/;
const latin1 = new TextDecoder("latin1");

/**
 * FreeSWITCH's own (inbound) event socket, one command at a time. Its protocol
 * was recorded of FreeSWITCH 1.11: `auth/request`, `auth …`, then `api …`.
 */
export class EventSocket {
  readonly #conn: Deno.Conn;
  #bytes = new Uint8Array(0);

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects and logs in. Rejects with RemoteError for a refusal, ProtocolError for a peer that is no event socket, and what the network throws. */
  static async open(
    address: EventSocketAddress,
    signal: AbortSignal,
  ): Promise<EventSocket> {
    const { host: hostname, port, password } = address;
    const conn = await Deno.connect({ hostname, port, signal });
    const socket = new EventSocket(conn);
    signal.addEventListener("abort", () => socket.close(), { once: true });
    if (signal.aborted) socket.close();
    try {
      await socket.#logIn(password);
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** The answer to an API command. Rejects with RemoteError for `-ERR`, TypeError for a line break. */
  async api(command: string): Promise<string> {
    await this.#send(`api ${command}`);
    for (;;) {
      const { headers, body } = await this.#next();
      const type = headers.get("content-type");
      if (type === "text/disconnect-notice") {
        throw new RemoteError("FreeSWITCH closes the connection");
      }
      if (type !== "api/response") continue;
      if (/^-(ERR|Error)/.test(body)) throw new RemoteError(body.trim());
      return body;
    }
  }

  /** Ends the connection; may be called twice. */
  close(): void {
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
  }

  async #logIn(password: string): Promise<void> {
    const { headers, body } = await this.#next();
    const type = headers.get("content-type");
    if (type === "text/rude-rejection") {
      throw new RemoteError(`access denied: ${body.trim()}`);
    }
    if (type !== "auth/request") {
      throw new ProtocolError("it does not ask for a password");
    }
    await this.#send(`auth ${password}`);
    const reply = (await this.#next()).headers.get("reply-text") ?? "";
    if (!reply.startsWith("+OK")) {
      throw new RemoteError(`the password is refused: ${reply}`);
    }
  }

  async #send(command: string): Promise<void> {
    // A line break would be another command.
    if (LINE_BREAK.test(command)) {
      throw new TypeError("Cannot send a command: it must be one line");
    }
    let bytes = new TextEncoder().encode(`${command}\n\n`);
    while (bytes.length > 0) {
      bytes = bytes.subarray(await this.#conn.write(bytes));
    }
  }

  async #next(): Promise<Frame> {
    let end = -1;
    while ((end = this.#headEnd()) < 0) {
      if (this.#bytes.length > MOST_HEAD_BYTES) throw new ProtocolError(NONE);
      await this.#more();
    }
    const head = latin1.decode(this.#bytes.subarray(0, end));
    const headers = new Map(head.split("\n").map(splitHeader));
    const length = Number(headers.get("content-length") ?? 0);
    if (!Number.isInteger(length) || length < 0 || length > MOST_BODY_BYTES) {
      throw new ProtocolError(`its answer has ${length} bytes`);
    }
    const parts = [this.#bytes.subarray(end + 2)];
    for (let missing = length - parts[0].length; missing > 0;) {
      this.#bytes = new Uint8Array(0);
      await this.#more();
      parts.push(this.#bytes);
      missing -= this.#bytes.length;
    }
    const all = join(parts);
    this.#bytes = all.slice(length);
    // Not fatal: display names need not be UTF-8.
    const body = new TextDecoder().decode(all.subarray(0, length));
    return { headers, body };
  }

  #headEnd(): number {
    for (let at = 1; at < this.#bytes.length; at++) {
      if (this.#bytes[at] === 10 && this.#bytes[at - 1] === 10) return at - 1;
    }
    return -1;
  }

  async #more(): Promise<void> {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = await this.#conn.read(chunk);
    if (count === null) throw new ProtocolError("it closed the connection");
    this.#bytes = join([this.#bytes, chunk.subarray(0, count)]);
  }
}

const NONE = "what it says is not FreeSWITCH's event socket";

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [
    line.slice(0, Math.max(0, colon)).trim().toLowerCase(),
    line.slice(colon + 1).trim(),
  ];
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
