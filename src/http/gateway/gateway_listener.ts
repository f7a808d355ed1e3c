import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../../telemetry/log.ts";
import { MOST_HEAD_BYTES, readUpgradeHead } from "./upgrade_head.ts";
// @ts-types="./ws.d.ts"
import { type WebSocket, WebSocketServer } from "ws";

/** Where browsers connect. */
const PATH = "/ws";
/** The WebSocket protocol that a browser offers, beside its ticket. */
const PROTOCOL = "vapi.v1";
const TICKET_PREFIX = "ticket.";
/** The longest message, a frame at 48 kHz and some reserve; whoever sends more is cut off. */
const MOST_MESSAGE_BYTES = 4096;
/** A head that is not there by then will not come. */
const HEAD_MS = 5000;
/** Connections at once that have shown no ticket yet. */
const MOST_STRANGERS = 200;
/** Until it is tried again where the machine has no descriptor left. */
const RETRY_MS = 200;

/** Who is at the other end of a connection. */
export interface GatewayPeer {
  readonly localHost: string;
  readonly remoteHost: string;
}

/** Parts of a {@linkcode GatewayListener}. */
export interface GatewayListenerOptions {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What a ticket is for; undefined when it is for nothing. */
  readonly redeem: (ticket: string) => Promise<
    ((socket: WebSocket, peer: GatewayPeer) => void) | undefined
  >;
  readonly log: Log;
}

/**
 * Takes the WebSockets of browsers. Main thread. Accepts connections by itself:
 * the runtime's HTTP server leaks those that close while a ticket is read, and
 * bounds no message (Deno 2.9.6).
 */
export class GatewayListener {
  readonly addr: Deno.NetAddr;
  #options: GatewayListenerOptions;
  #listener: Deno.TcpListener;
  #closed = false;
  #strangers = new Set<Deno.TcpConn>();
  #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => PROTOCOL,
  });

  /** Throws what Deno.listen throws. */
  constructor(options: GatewayListenerOptions) {
    this.#options = options;
    const { hostname, port } = options;
    this.#listener = Deno.listen({ hostname, port });
    this.addr = this.#listener.addr;
    void this.#acceptAll();
  }

  /** Takes nobody from now on, and cuts off who is still there; may be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const connection of this.#strangers) closeQuietly(connection);
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async #acceptAll(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#receive(await this.#listener.accept());
      } catch (error) {
        if (this.#closed) return;
        this.#options.log.warn("A browser's connection cannot be accepted", {
          error,
        });
        await pause(RETRY_MS);
      }
    }
  }

  #receive(connection: Deno.TcpConn): void {
    // Whoever has a ticket shows it at once; the one that waits longest has none.
    const [oldest] = this.#strangers;
    if (this.#strangers.size >= MOST_STRANGERS) closeQuietly(oldest);
    this.#strangers.add(connection);
    this.#admit(connection).catch((error) => {
      closeQuietly(connection);
      // Whoever closes in mid-sentence is not worth a line.
      if (isConnectionError(error)) return;
      this.#options.log.warn("A browser's connection has failed", { error });
    }).finally(() => this.#strangers.delete(connection));
  }

  async #admit(connection: Deno.TcpConn): Promise<void> {
    const read = await readHead(connection);
    if (read === undefined) return closeQuietly(connection);
    const head = readUpgradeHead(read.text);
    if (head === undefined) {
      return await refuse(connection, "400 Bad Request", "No such request");
    }
    if (head.method !== "GET" || head.path !== PATH) {
      const words = `Browsers' WebSockets are at ${PATH}`;
      return await refuse(connection, "404 Not Found", words);
    }
    if (head.headers.upgrade?.toLowerCase() !== "websocket") {
      const words = "This is the address of a WebSocket";
      return await refuse(connection, "426 Upgrade Required", words);
    }
    const offered = (head.headers["sec-websocket-protocol"] ?? "")
      .split(",").map((each) => each.trim());
    if (!offered.includes(PROTOCOL)) {
      const words = `Offer the WebSocket protocol ${PROTOCOL}`;
      return await refuse(connection, "400 Bad Request", words);
    }
    const ticket = offered.find((each) => each.startsWith(TICKET_PREFIX));
    const take = await this.#options.redeem(
      ticket?.slice(TICKET_PREFIX.length) ?? "",
    );
    if (take === undefined) {
      const words =
        "The ticket is missing, too old, used up or not one of ours";
      return await refuse(connection, "401 Unauthorized", words);
    }
    if (this.#closed) return closeQuietly(connection);
    const peer = {
      localHost: connection.localAddr.hostname,
      remoteHost: connection.remoteAddr.hostname,
    };
    this.#sockets.handleUpgrade(
      { ...head, url: head.path },
      streamOf(connection),
      read.rest,
      (socket) => take(socket, peer),
    );
  }
}

/** The bytes up to the empty line as Latin-1, and what came behind it; undefined when it does not come in time, or is too long. */
async function readHead(
  connection: Deno.TcpConn,
): Promise<{ text: string; rest: Uint8Array } | undefined> {
  const late = setTimeout(() => closeQuietly(connection), HEAD_MS);
  try {
    const bytes = Buffer.alloc(MOST_HEAD_BYTES);
    let length = 0;
    while (length < bytes.length) {
      const count = await connection.read(bytes.subarray(length));
      if (count === null) return undefined;
      // The end may have begun with what came before.
      const from = Math.max(0, length - 3);
      length += count;
      const end = bytes.subarray(0, length).indexOf("\r\n\r\n", from);
      if (end === -1) continue;
      const text = bytes.toString("latin1", 0, end);
      return { text, rest: bytes.subarray(end + 4, length) };
    }
    return undefined;
  } finally {
    clearTimeout(late);
  }
}

/** What the WebSocket library speaks to; closes the connection with itself. */
function streamOf(connection: Deno.TcpConn): Duplex {
  connection.setNoDelay(true);
  const { readable, writable } = connection;
  const stream = Duplex.fromWeb({ readable, writable });
  // It tells of an error by closing.
  stream.on("error", () => {});
  stream.on("close", () => closeQuietly(connection));
  return stream;
}

async function refuse(
  connection: Deno.TcpConn,
  status: string,
  error: string,
): Promise<void> {
  const body = JSON.stringify({ error });
  const head = [
    `HTTP/1.1 ${status}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  const text = [...head, "", body].join("\r\n");
  await connection.write(new TextEncoder().encode(text));
  closeQuietly(connection);
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}

function isConnectionError(error: unknown): boolean {
  const { BadResource, BrokenPipe, ConnectionReset, Interrupted } = Deno.errors;
  const kinds = [BadResource, BrokenPipe, ConnectionReset, Interrupted];
  return kinds.some((kind) => error instanceof kind);
}
