import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";

/** A frame at 48 kHz and its head are less. */
const CHUNK_BYTES = 4096;

/**
 * A connection as the WebSocket library wants it. Main thread. It goes straight
 * to the connection's reads and writes, which costs half of what the runtime's
 * own streams do. Ends and errors close the connection.
 */
export class ConnectionStream extends Duplex {
  readonly #connection: Deno.TcpConn;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);

  constructor(connection: Deno.TcpConn) {
    super({ autoDestroy: true, emitClose: true });
    this.#connection = connection;
    connection.setNoDelay(true);
    // It tells of an error by closing.
    this.on("error", () => {});
  }

  override _read(): void {
    this.#connection.read(this.#chunk).then(
      (count) => this.push(count === null ? null : this.#chunk.slice(0, count)),
      (error) => this.destroy(error),
    );
  }

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error) => void,
  ): void {
    this.#writeAll(chunk).then(() => done(), done);
  }

  /** A message's head and its frame, or several messages, in one system call. */
  override _writev(
    chunks: ReadonlyArray<{ readonly chunk: Uint8Array }>,
    done: (error?: Error) => void,
  ): void {
    const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk));
    this.#writeAll(bytes).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#connection.closeWrite().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void) {
    try {
      this.#connection.close();
    } catch {
      // It was closed before.
    }
    done(error);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }
}
