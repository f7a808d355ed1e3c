import { ProtocolError, RemoteError } from "../../src/errors.ts";

const CONNECT_MS = 5000;
const REPLY_MS = 15_000;
const MOST_BYTES = 1_000_000;

/** One message of the event socket: headers, and the body that Content-Length announces. */
interface Message {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A client of FreeSWITCH's inbound event socket (port 8021), one command at a time. */
export class SwitchConnection {
  readonly #conn: Deno.TcpConn;
  #bytes = new Uint8Array();

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects and signs in. Rejects with RemoteError when the password is refused. */
  static async open({ host, port, password }: {
    readonly host: string;
    readonly port: number;
    readonly password: string;
  }): Promise<SwitchConnection> {
    const signal = AbortSignal.timeout(CONNECT_MS);
    const conn = await Deno.connect({ hostname: host, port, signal });
    const connection = new SwitchConnection(conn);
    try {
      await connection.#read();
      const { headers } = await connection.#ask(`auth ${password}`);
      const reply = headers.get("reply-text") ?? "";
      if (reply.startsWith("+OK")) return connection;
      throw new RemoteError(`the password was refused: ${reply}`);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Runs an API command and resolves with what it says. */
  async api(command: string): Promise<string> {
    return (await this.#ask(`api ${command}`)).body;
  }

  /** May be called twice. */
  close(): void {
    try {
      this.#conn.close();
    } catch {
      // It is closed already.
    }
  }

  async #ask(command: string): Promise<Message> {
    if (/[\r\n]/.test(command)) {
      throw new TypeError("Cannot send a command: it must be one line");
    }
    const bytes = new TextEncoder().encode(`${command}\n\n`);
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
    return await this.#read();
  }

  async #read(): Promise<Message> {
    const late = setTimeout(() => this.close(), REPLY_MS);
    try {
      const head = await this.#take();
      const headers = new Map(
        head.trim().split("\n").map((line) => {
          const colon = line.indexOf(":");
          const name = line.slice(0, colon).toLowerCase();
          return [name, line.slice(colon + 1).trim()];
        }),
      );
      const length = Number(headers.get("content-length") ?? 0);
      if (!Number.isInteger(length) || length < 0 || length > MOST_BYTES) {
        throw new ProtocolError(`Content-Length is ${length}`);
      }
      return { headers, body: await this.#take(length) };
    } finally {
      clearTimeout(late);
    }
  }

  /** Takes the first `length` bytes, or all up to the first empty line. */
  async #take(length?: number): Promise<string> {
    while (true) {
      const end = length ?? endOfHead(this.#bytes);
      if (end <= this.#bytes.length) {
        const taken = new TextDecoder().decode(this.#bytes.subarray(0, end));
        this.#bytes = this.#bytes.slice(end);
        return taken;
      }
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const chunk = new Uint8Array(16_384);
    const count = await this.#conn.read(chunk);
    if (count === null) throw new ProtocolError("it closed the connection");
    if (this.#bytes.length + count > 2 * MOST_BYTES) {
      throw new ProtocolError("it sent too much");
    }
    const all = new Uint8Array(this.#bytes.length + count);
    all.set(this.#bytes);
    all.set(chunk.subarray(0, count), this.#bytes.length);
    this.#bytes = all;
  }
}

/** Where the body begins; Infinity while the head is not complete. */
function endOfHead(bytes: Uint8Array): number {
  for (let at = 1; at < bytes.length; at++) {
    if (bytes[at] === 10 && bytes[at - 1] === 10) return at + 1;
  }
  return Infinity;
}
