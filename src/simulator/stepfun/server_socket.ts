import { ProtocolError } from "../../errors.ts";
import type { Connection, Receiver } from "../tcp/connection.ts";
import { Fragments } from "./fragments.ts";
import { FrameQueue } from "./frame_queue.ts";
import { type ClientFrame, FrameReader } from "./frame_reader.ts";

/** Bounds of a {@linkcode ServerSocket}. */
export interface ServerSocketOptions {
  /** Largest message of the client in bytes. */
  readonly maxMessageBytes: number;
  /** Most bytes that may wait for a client that does not read. */
  readonly maxWaitingBytes: number;
  /** How long the client may take to answer a close, in milliseconds. */
  readonly closeTimeoutMs: number;
}

const NOTHING = new Uint8Array(0);
const DISCARD: Receiver = { space: () => DISCARDED, advance: () => {} };
const DISCARDED = new Uint8Array(4096);
/** Closing with it sends no close frame: TCP just ends (RFC 6455, section 7.1.5). */
const ABNORMAL = 1006;

/**
 * The server's end of one WebSocket over a TCP connection that has been
 * upgraded. Own framing, because the built-in one cannot end without a close
 * frame, and that is half of what a client must survive. Any thread.
 */
export class ServerSocket implements Receiver {
  readonly #conn: Connection;
  readonly #options: ServerSocketOptions;
  #reader: FrameReader;
  readonly #queue: FrameQueue;
  readonly #fragments: Fragments;
  #state: "open" | "ending" | "closed" = "open";
  #closeAfterFlush = false;
  #lastReadMs = performance.now();
  #flushing: "no" | "soon" | "begun" = "no";
  #receive: (text: Uint8Array) => void = () => {};
  /** Closed while nothing is to be read or written. */
  #gate: PromiseWithResolvers<void> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(conn: Connection, options: ServerSocketOptions) {
    this.#conn = conn;
    this.#options = options;
    this.#reader = new FrameReader(options.maxMessageBytes);
    this.#fragments = new Fragments(options.maxMessageBytes);
    this.#queue = new FrameQueue(options.maxWaitingBytes);
  }

  /** When bytes of the client came last, in milliseconds of `performance.now`. */
  get lastReadMs(): number {
    return this.#lastReadMs;
  }

  /**
   * Reads until the connection is over, giving each text to `receive` as bytes
   * that are valid during the call only, none for a binary message; rejects
   * only with what that throws. Call once.
   */
  async run(receive: (text: Uint8Array) => void): Promise<void> {
    this.#receive = receive;
    try {
      if (this.#conn.receive) await this.#conn.receive(this);
      else while (await this.#read()) this.#takeAll();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      await this.#refuse();
    } finally {
      this.cut();
    }
  }

  /** Where a connection puts what comes by itself; see {@linkcode Receiver}. */
  space(): Uint8Array {
    if (this.#gate !== undefined) return NOTHING;
    return this.#reader.sharedSpace();
  }

  /** Takes what a connection put there. Throws what the receiver of {@linkcode run} throws, and ProtocolError. */
  advance(countBytes: number): void {
    this.#lastReadMs = performance.now();
    this.#reader.advance(countBytes);
    try {
      this.#takeAll();
    } finally {
      this.#reader.keep();
    }
  }

  /** Sends a text message, which may go on with encoded `parts`; nothing happens when the socket is ending. */
  sendText(text: string, parts?: readonly Uint8Array[]): void {
    if (this.#state !== "open") return;
    this.#add(() => this.#queue.addText(text, parts));
  }

  /** Sends a binary message; nothing happens when the socket is ending. */
  sendBinary(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#add(() => this.#queue.add(2, bytes));
  }

  /** Sends what waits, then closes with `code`; 1006 closes without a close frame. */
  end(code: number): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    if (code === ABNORMAL) this.#closeAfterFlush = true;
    else this.#add(() => this.#queue.add(8, closePayload(code)));
    this.#deadline = setTimeout(
      () => this.cut(),
      this.#options.closeTimeoutMs,
    );
    this.#flushSoon();
  }

  /** Reads and writes nothing until it is told to go on; TCP stays open. */
  stall(on: boolean): void {
    if (on && this.#state !== "closed") {
      this.#gate ??= Promise.withResolvers();
    } else {
      this.#gate?.resolve();
      this.#gate = undefined;
      this.#conn.resume?.();
    }
  }

  /** Drops the connection at once; may be called twice. */
  cut(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.stall(false);
    clearTimeout(this.#deadline);
    this.#conn.close();
  }

  async #read(): Promise<boolean> {
    if (this.#state === "closed") return false;
    try {
      const count = await this.#conn.read(this.#reader.space());
      if (count === null) return false;
      if (this.#gate !== undefined) await this.#gate.promise;
      this.#reader.advance(count);
      this.#lastReadMs = performance.now();
      return true;
    } catch {
      return false;
    }
  }

  #takeAll(): void {
    let frame = this.#reader.next();
    for (; frame !== undefined; frame = this.#reader.next()) this.#take(frame);
  }

  #take(frame: ClientFrame): void {
    if (this.#state === "closed") return;
    if (frame.opcode === 8) return this.#takeClose(frame.payload);
    if (frame.opcode === 9) {
      return this.#add(() => this.#queue.add(10, frame.payload));
    }
    if (frame.opcode === 10) return;
    const message = this.#fragments.join(frame);
    if (message !== undefined && this.#state === "open") {
      this.#receive(message);
    }
  }

  #takeClose(payload: Uint8Array): void {
    if (this.#state === "ending") return this.cut();
    const code = payload.length < 2 ? 1000 : payload[0] * 256 + payload[1];
    this.end(code === ABNORMAL ? 1002 : code);
    this.#closeAfterFlush = true;
  }

  async #refuse(): Promise<void> {
    this.end(1002);
    // Closing over bytes that nobody read would reset the close frame away.
    this.#reader = new FrameReader(this.#options.maxMessageBytes);
    if (this.#conn.receive) await this.#conn.receive(DISCARD);
    else while (await this.#read()) this.#reader.discard();
  }

  #add(enqueue: () => void): void {
    try {
      enqueue();
      this.#flushSoon();
    } catch {
      // A client that does not read loses its connection, not our memory.
      this.cut();
    }
  }

  #flushSoon(): void {
    if (this.#flushing !== "no" || this.#state === "closed") return;
    this.#flushing = "soon";
    // One turn later, so that events sent together are written together.
    queueMicrotask(() => this.flush());
  }

  /** Sends what waits as far as there is room, and the rest when there is. */
  flush(): void {
    if (this.#flushing === "begun" || this.#state === "closed") return;
    this.#flushing = "begun";
    if (this.#conn.writeNow && this.#gate === undefined) {
      const bytes = this.#queue.take();
      const sent = this.#conn.writeNow(bytes);
      if (sent < bytes.length) {
        return void this.#flushRest(bytes.subarray(sent));
      }
    }
    if (!this.#queue.empty) return void this.#flushRest(NOTHING);
    this.#flushed();
  }

  async #flushRest(rest: Uint8Array): Promise<void> {
    try {
      if (rest.length > 0) await this.#write(rest);
      while (!this.#queue.empty && this.#state !== "closed") {
        if (this.#gate !== undefined) await this.#gate.promise;
        await this.#write(this.#queue.take());
      }
      this.#flushed();
    } catch {
      this.cut();
    }
  }

  #flushed(): void {
    this.#queue.release();
    this.#flushing = "no";
    if (this.#closeAfterFlush) this.cut();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let written = await this.#conn.write(bytes);
    while (written < bytes.length) {
      written += await this.#conn.write(bytes.subarray(written));
    }
  }
}

function closePayload(code: number): Uint8Array {
  return new Uint8Array([code >> 8, code & 0xff]);
}
