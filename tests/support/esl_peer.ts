import { latin1 } from "./esl_trace.ts";

/** The id of the channel in {@linkcode channelData}. */
export const UUID = "ff04823b-e387-4ca8-9fc7-b508cfec9f39";

/** FreeSWITCH's end of an event socket, played by hand over TCP. */
export class EslPeer {
  readonly #conn: Deno.TcpConn;
  #received = "";

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async connect(port: number): Promise<EslPeer> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new EslPeer(conn);
  }

  /** The next command without its empty line; throws when the connection ends before. */
  async command(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf("\n\n");
      if (end !== -1) {
        const command = this.#received.slice(0, end);
        this.#received = this.#received.slice(end + 2);
        return command;
      }
      const chunk = await this.chunk();
      if (chunk === null) throw new Error("the connection ended");
      this.#received += chunk;
    }
  }

  /** What arrives next, in one read; null at the end of the connection. */
  async chunk(): Promise<string | null> {
    const buffer = new Uint8Array(64 * 1024);
    const bytes = await this.#conn.read(buffer);
    return bytes === null
      ? null
      : new TextDecoder().decode(buffer.subarray(0, bytes));
  }

  /** Waits for a command that begins so, and answers it. */
  async expect(start: string, answer: string): Promise<string> {
    const command = await this.command();
    if (!command.startsWith(start)) {
      throw new Error(`expected ${start}, got ${command}`);
    }
    await this.send(answer);
    return command;
  }

  /** Sends text whose characters are bytes. */
  async send(text: string): Promise<void> {
    let bytes: Uint8Array = latin1(text);
    while (bytes.length > 0) {
      bytes = bytes.subarray(await this.#conn.write(bytes));
    }
  }

  /** Sends text to an end that may have had enough of it. */
  async sendUntilGone(text: string): Promise<void> {
    try {
      await this.send(text);
    } catch (error) {
      if (!isReset(error)) throw error;
    }
  }

  /** Resolves when the other end has closed or reset the connection. */
  async ended(): Promise<void> {
    try {
      while (await this.chunk() !== null);
    } catch (error) {
      if (!isReset(error)) throw error;
    }
  }

  /** Ends the connection with a TCP reset: it closes with a command half read. */
  async reset(): Promise<void> {
    await this.#conn.read(new Uint8Array(1));
    this.close();
  }

  /** Ends only our half. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  close(): void {
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The reply of `connect` for a channel that rings. */
export function channelData(
  headers: Readonly<Record<string, string>> = {},
): string {
  return lines({
    "Event-Name": "CHANNEL_DATA",
    "Unique-ID": UUID,
    "Answer-State": "ringing",
    "Caller-Caller-ID-Name": "caf%E9%20%E5%BC%A0",
    "Caller-Caller-ID-Number": "13800138000",
    "Caller-Destination-Number": "1000",
    "Content-Type": "command/reply",
    "Reply-Text": "%2BOK%0A",
    "Socket-Mode": "async",
    "Control": "full",
    ...headers,
  });
}

export function commandReply(text = "+OK"): string {
  return lines({ "Content-Type": "command/reply", "Reply-Text": text });
}

export function apiResponse(body = "+OK\n"): string {
  return lines({
    "Content-Type": "api/response",
    "Content-Length": String(body.length),
  }) + body;
}

/** An event of the channel in JSON; `headers` may hold what is no text. */
export function jsonEvent(
  name: string,
  headers: Readonly<Record<string, unknown>> = {},
): string {
  return rawEvent(
    JSON.stringify({ "Event-Name": name, "Unique-ID": UUID, ...headers }),
  );
}

/** A JSON event with any body. */
export function rawEvent(body: string, type = "text/event-json"): string {
  return lines({
    "Content-Length": String(body.length),
    "Content-Type": type,
  }) +
    body;
}

/** FreeSWITCH's notice, as recorded. */
export function notice(disposition: "linger" | "disconnect"): string {
  const body = disposition === "linger" ? "" : "Disconnected, goodbye.\n";
  return lines({
    "Content-Type": "text/disconnect-notice",
    "Controlled-Session-UUID": UUID,
    "Content-Disposition": disposition,
    "Content-Length": String(body.length),
  }) + body;
}

function lines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`)
    .join("") + "\n";
}

function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe;
}
