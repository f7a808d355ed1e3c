import { ProtocolError } from "../../errors.ts";
import type { Connection } from "../tcp/connection.ts";

/** What a client asked for in its HTTP request. */
export interface UpgradeRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Header values by lower-case name; the last of a repeated one. */
  readonly headers: ReadonlyMap<string, string>;
}

const MAX_HEAD_BYTES = 16_384;
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("latin1");

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  404: "Not Found",
  426: "Upgrade Required",
  429: "Too Many Requests",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/**
 * Reads the head of an HTTP request. Any thread. Throws ProtocolError when it
 * is not one, is too long, or bytes follow before the upgrade is answered.
 */
export async function readUpgrade(conn: Connection): Promise<UpgradeRequest> {
  const bytes = new Uint8Array(MAX_HEAD_BYTES);
  let length = 0;
  for (;;) {
    const count = await conn.read(bytes.subarray(length));
    if (count === null) throw new ProtocolError("Connection ended in its head");
    length += count;
    const head = DECODER.decode(bytes.subarray(0, length));
    const end = head.indexOf("\r\n\r\n");
    if (end === head.length - 4 && end >= 0) return parseHead(head);
    if (end >= 0 || length === MAX_HEAD_BYTES) {
      throw new ProtocolError(
        `Cannot read an upgrade: head must be at most ${MAX_HEAD_BYTES} bytes with nothing behind it`,
      );
    }
  }
}

function parseHead(head: string): UpgradeRequest {
  const [first, ...lines] = head.slice(0, -4).split("\r\n");
  const target = /^GET (\/[^ ]*) HTTP\/1\.1$/.exec(first)?.[1];
  if (target === undefined) {
    throw new ProtocolError("Cannot read an upgrade: it must be an HTTP GET");
  }
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw new ProtocolError("Cannot read a header line");
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, line.slice(colon + 1).trim());
  }
  const split = target.indexOf("?");
  return {
    path: split < 0 ? target : target.slice(0, split),
    query: new URLSearchParams(split < 0 ? "" : target.slice(split + 1)),
    headers,
  };
}

/** Whether the request asks for a WebSocket (RFC 6455, section 4.2.1). Any thread. */
export function asksForWebSocket(request: UpgradeRequest): boolean {
  const { headers } = request;
  return headers.get("upgrade")?.toLowerCase() === "websocket" &&
    headers.get("sec-websocket-version") === "13" &&
    (headers.get("sec-websocket-key") ?? "").length === 24;
}

/** Answers that the connection is a WebSocket now (RFC 6455, section 4.2.2). Any thread. */
export async function acceptUpgrade(
  conn: Connection,
  request: UpgradeRequest,
): Promise<void> {
  const key = request.headers.get("sec-websocket-key") + ACCEPT_SUFFIX;
  const digest = await crypto.subtle.digest("SHA-1", ENCODER.encode(key));
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${new Uint8Array(digest).toBase64()}`,
  ];
  await writeAll(conn, `${lines.join("\r\n")}\r\n\r\n`);
}

/** Why an upgrade was refused; the body that the service sends. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly type: string;
}

/** Answers that there will be no WebSocket. Any thread. */
export async function refuseUpgrade(
  conn: Connection,
  { status, message, type }: Refusal,
): Promise<void> {
  const body = JSON.stringify({ error: { message, type } });
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? "Refused"}`,
    "Content-Type: application/json",
    `Content-Length: ${ENCODER.encode(body).length}`,
    "Connection: close",
  ];
  await writeAll(conn, `${lines.join("\r\n")}\r\n\r\n${body}`);
}

async function writeAll(conn: Connection, text: string): Promise<void> {
  let bytes = ENCODER.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await conn.write(bytes));
}
