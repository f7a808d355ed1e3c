import { Buffer } from "node:buffer";
import { setTimeout as pause } from "node:timers/promises";
import { wasGoneBeforeAccepted } from "../../errors.ts";
import type { Log } from "../../telemetry/log.ts";
import { ConnectionStream } from "./connection_stream.ts";
import { type Refusal, writeRefusal } from "./refusal.ts";
import { MOST_HEAD_BYTES } from "./upgrade_head.ts";
import { PROTOCOL, readUpgradeRequest } from "./upgrade_request.ts";
// @ts-types="./ws.d.ts"
import { type WebSocket, WebSocketServer } from "ws";

/** The longest message, a frame at 48 kHz and some reserve; whoever sends more is cut off. */
const MOST_MESSAGE_BYTES = 4096;
/** A message of a browser's comes in one piece; a proxy or a program may make some of it. */
const MOST_FRAGMENTS = 16;
/** How long a browser may take to answer that the connection is closed, and to end it. */
const CLOSE_MS = 2000;
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

/** Why a connection did not become a WebSocket: it asked for something else, its ticket is no good, no head came in time and at a bearable length, or too many others came. */
export type GatewayRejection = "request" | "ticket" | "head" | "crowded";

/** Parts of a {@linkcode GatewayListener}. */
export interface GatewayListenerOptions {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What a ticket is for; undefined when it is for nothing. */
  readonly redeem: (ticket: string) => Promise<
    ((socket: WebSocket, peer: GatewayPeer) => void) | undefined
  >;
  /** A connection did not become a WebSocket. */
  readonly rejected: (why: GatewayRejection) => void;
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
    maxFragments: MOST_FRAGMENTS,
    closeTimeout: CLOSE_MS,
    perMessageDeflate: false,
    handleProtocols: () => PROTOCOL,
  });

  /** Throws what Deno.listen throws. */
  constructor(options: GatewayListenerOptions) {
    this.#options = options;
    const { hostname, port } = options;
    this.#listener = Deno.listen({ hostname, port });
    this.addr = this.#listener.addr;
    this.#sockets.on("wsClientError", ({ message }, stream) => {
      options.rejected("request");
      stream.once("finish", () => stream.destroy());
      stream.end(writeRefusal(["400 Bad Request", message]));
    });
    void this.#acceptAll();
  }

  /** WebSockets that are open. */
  get size(): number {
    return this.#sockets.clients.size;
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
        if (wasGoneBeforeAccepted(error)) continue;
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
    if (this.#strangers.size >= MOST_STRANGERS) this.#giveWay(oldest);
    this.#strangers.add(connection);
    this.#admit(connection).catch((error) => {
      closeQuietly(connection);
      // Whoever closes in mid-sentence is not worth a line.
      if (isConnectionError(error)) return;
      this.#options.log.warn("A browser's connection has failed", { error });
    }).finally(() => this.#strangers.delete(connection));
  }

  /** Makes room for another. */
  #giveWay(stranger: Deno.TcpConn): void {
    this.#strangers.delete(stranger);
    this.#options.rejected("crowded");
    closeQuietly(stranger);
  }

  async #turnAway(
    connection: Deno.TcpConn,
    why: GatewayRejection,
    refusal: Refusal,
  ): Promise<void> {
    this.#options.rejected(why);
    await refuse(connection, refusal);
  }

  async #admit(connection: Deno.TcpConn): Promise<void> {
    const read = await readHead(connection);
    // Who had to give way is counted already.
    if (!this.#strangers.has(connection)) return;
    if (read === undefined) {
      this.#options.rejected("head");
      return closeQuietly(connection);
    }
    const request = readUpgradeRequest(read.text);
    if (!("ticket" in request)) {
      return await this.#turnAway(connection, "request", request);
    }
    const { head, ticket } = request;
    const take = await this.#options.redeem(ticket);
    if (take === undefined) {
      return await this.#turnAway(connection, "ticket", NO_TICKET);
    }
    if (this.#closed) return closeQuietly(connection);
    // Of a list, the library takes nothing.
    const headers = { ...head.headers, upgrade: "websocket" };
    const peer = {
      localHost: connection.localAddr.hostname,
      remoteHost: connection.remoteAddr.hostname,
    };
    this.#sockets.handleUpgrade(
      { ...head, headers, url: head.path },
      new ConnectionStream(connection),
      read.rest,
      (socket) => take(socket, peer),
    );
  }
}

const NO_TICKET: Refusal = [
  "401 Unauthorized",
  "The ticket is missing, too old, used up or not one of ours",
];

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

async function refuse(
  connection: Deno.TcpConn,
  refusal: Refusal,
): Promise<void> {
  await connection.write(writeRefusal(refusal));
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
