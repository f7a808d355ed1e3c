import { ProtocolError } from "../errors.ts";
import type {
  ConnectSocket,
  ModelSocket,
  ModelSocketEvents,
  SocketAddress,
  SocketEnd,
  SpeechEnvelope,
} from "./model_socket.ts";
import {
  type ByteStream,
  listenTo,
  type OpenStream,
  openStream,
} from "./byte_stream.ts";
import { upgrade, UpgradeRefused } from "./web_socket_upgrade.ts";
import { MessageParts } from "./message_parts.ts";
import { SilenceWatch } from "./silence_watch.ts";
import { ThreadPulse } from "./thread_pulse.ts";
import { type ServerFrame, WebSocketReader } from "./web_socket_reader.ts";
import { WebSocketWriter } from "./web_socket_writer.ts";

/** More than a peer has reason to send; its client judges smaller ones. */
const MOST_MESSAGE_BYTES = 16 * 1024 * 1024;
/** More than our client ever lets wait; only answers to a flood of pings, or of speech, that nobody reads do. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
/** How long a peer may take to answer our close; then the connection is cut. */
const CLOSE_MS = 1000;
const NORMAL = 1000;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const NO_BYTES = new Uint8Array(0);

/** Beats for all connections of the thread. */
const pulse = new ThreadPulse();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Connects WebSockets of our own, because the runtime's gathers small writes
 * (Nagle's algorithm), which holds a third of the caller's speech back by 40 ms
 * and more, and cannot be cut when its peer is gone. Worker thread.
 */
export function webSocketsOver(open: OpenStream): ConnectSocket {
  return (address, events) => new WebSocketClient(address, { events, open });
}

/** Over the runtime's connections. */
export const connectWebSocket: ConnectSocket = webSocketsOver(openStream);

class WebSocketClient implements ModelSocket {
  #events: ModelSocketEvents;
  #open: OpenStream;
  #conn?: ByteStream;
  #writer?: WebSocketWriter;
  #closing = false;
  #gone = false;
  #timer?: ReturnType<typeof setTimeout>;
  readonly #parts = new MessageParts(MOST_MESSAGE_BYTES);
  readonly #silence = new SilenceWatch();

  constructor(
    address: SocketAddress,
    { events, open }: { events: ModelSocketEvents; open: OpenStream },
  ) {
    this.#events = events;
    this.#open = open;
    this.#run(address).then(
      (end) => this.#end(end),
      (error) => this.#end(endByError(error)),
    );
  }

  get bufferedBytes(): number {
    return this.#writer?.waitingBytes ?? 0;
  }

  send(text: string): void {
    if (this.#closing || this.#conn === undefined) return;
    this.#writer?.sendText(text);
    this.#boundWaiting();
  }

  sendSpeech(samples: Int16Array, envelope: SpeechEnvelope): void {
    if (this.#closing || this.#conn === undefined) return;
    this.#writer?.sendSpeech(samples, envelope);
    this.#boundWaiting();
  }

  close(): void {
    if (this.#closing || this.#gone) return;
    this.#closing = true;
    pulse.delete(this);
    if (this.#writer === undefined) {
      this.#cut();
      return;
    }
    this.#writer.sendControl(CLOSE, closePayload(NORMAL));
    this.#timer = setTimeout(() => this.#cut(), CLOSE_MS);
  }

  /** A second has passed. */
  beat(): void {
    const verdict = this.#silence.beat();
    if (verdict === "ping") this.#writer?.sendControl(PING, NO_BYTES);
    if (verdict !== "lost") return;
    const error = "nothing came after a ping";
    this.#end({ code: 0, reason: "", error, isStalled: true });
  }

  async #run(address: SocketAddress): Promise<SocketEnd> {
    const conn = await this.#open(new URL(address.url), (begun) => {
      this.#conn = begun;
      if (this.#closing) this.#cut();
    });
    const rest = await upgrade(conn, address);
    this.#writer = new WebSocketWriter(conn, () => this.#cut());
    if (!this.#closing) pulse.add(this);
    this.#events.opened();
    return await this.#listen(conn, rest);
  }

  async #listen(conn: ByteStream, first: Uint8Array): Promise<SocketEnd> {
    const reader = new WebSocketReader(MOST_MESSAGE_BYTES);
    let end = this.#takeAll(reader, first);
    if (end === undefined) {
      await listenTo(conn, (bytes) => {
        this.#silence.received();
        end = this.#takeAll(reader, bytes);
        return end === undefined;
      });
    }
    return end ?? { code: 0, reason: "", error: "" };
  }

  #takeAll(reader: WebSocketReader, bytes: Uint8Array): SocketEnd | undefined {
    reader.add(bytes);
    for (let f = reader.next(); f !== undefined; f = reader.next()) {
      const end = this.#take(f);
      if (end !== undefined) return end;
    }
  }

  #take(frame: ServerFrame): SocketEnd | undefined {
    const { opcode, payload } = frame;
    if (opcode === CLOSE) {
      if (!this.#closing) this.#writer?.sendControl(CLOSE, payload.slice());
      return readClose(payload);
    }
    if (opcode === PING) this.#answerPing(payload);
    else if (opcode === PONG) this.#silence.ponged();
    else this.#gather(frame);
  }

  #answerPing(payload: Uint8Array): void {
    if (this.bufferedBytes > MOST_WAITING_BYTES) {
      throw new ProtocolError("it sends pings and does not read");
    }
    this.#writer?.sendControl(PONG, payload.slice());
  }

  #gather(frame: ServerFrame): void {
    const message = this.#parts.add(frame);
    if (message === undefined || this.#closing) return;
    const { opcode, payload } = message;
    if (opcode === TEXT) {
      if (this.#events.offer?.(payload)) return;
      this.#events.message(decode(payload));
    } else if (opcode === BINARY) this.#events.message(payload.slice());
  }

  #end(end: SocketEnd): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#timer);
    pulse.delete(this);
    this.#cut();
    this.#events.gone(end);
  }

  #boundWaiting(): void {
    if (this.bufferedBytes > MOST_WAITING_BYTES) this.#cut();
  }

  /** Ends the connection at once; what waits for it is told so. */
  #cut(): void {
    const conn = this.#conn;
    this.#conn = undefined;
    try {
      conn?.close();
    } catch {
      // It was closed already.
    }
  }
}

function decode(payload: Uint8Array): string {
  try {
    return decoder.decode(payload);
  } catch (cause) {
    throw new ProtocolError("a text is not UTF-8", { cause });
  }
}

function readClose(payload: Uint8Array): SocketEnd {
  const code = payload.length < 2 ? 1005 : payload[0] << 8 | payload[1];
  return { code, reason: decode(payload.subarray(2)), error: "" };
}

function closePayload(code: number): Uint8Array {
  return Uint8Array.of(code >> 8, code & 255);
}

function endByError(error: unknown): SocketEnd {
  const words = error instanceof Error ? error.message : String(error);
  const status = error instanceof UpgradeRefused ? error.status : undefined;
  return { code: 0, status, reason: "", error: words || "it broke" };
}
