import { ProtocolError } from "../errors.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { SocketAddress } from "./model_socket.ts";

/** The server refused the upgrade with a status. */
export class UpgradeRefused extends Error {
  override name = "UpgradeRefused";
  readonly status: number;

  constructor(status: number) {
    super(`the upgrade was answered with ${status}`);
    this.status = status;
  }
}

const MOST_HEAD_BYTES = 16 * 1024;
/** RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const latin1 = new TextDecoder("latin1");
const LINE_BREAK = /[\r\n]/;

/**
 * Asks a server for a WebSocket and reads its answer (RFC 6455, section 4).
 * Resolves with the bytes that came behind the answer. Any thread. Rejects with
 * UpgradeRefused, ProtocolError for an answer that is none, TypeError for a
 * header with a line break, and what the connection throws.
 */
export async function upgrade(
  conn: ByteStream,
  address: SocketAddress,
): Promise<Uint8Array> {
  const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
  await writeAll(conn, new TextEncoder().encode(requestFor(address, key)));
  const { head, rest } = await readHead(conn);
  const [statusLine, ...lines] = head.split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) {
    throw new ProtocolError("invalid HTTP answer to the upgrade");
  }
  if (status !== "101") throw new UpgradeRefused(Number(status));
  const headers = new Map(lines.map(splitHeader));
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw new ProtocolError("the answer has no upgrade header");
  }
  if (headers.get("sec-websocket-accept") !== await acceptFor(key)) {
    throw new ProtocolError("the answer's Sec-WebSocket-Accept is wrong");
  }
  return rest;
}

function requestFor({ url, headers }: SocketAddress, key: string): string {
  const { host, pathname, search } = new URL(url);
  const all: Record<string, string> = {
    host,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": key,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const broken = lines.find((line) => LINE_BREAK.test(line));
  if (broken !== undefined) {
    throw new TypeError("Cannot connect: a header must have no line break");
  }
  return [`GET ${pathname}${search} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

async function readHead(
  conn: ByteStream,
): Promise<{ head: string; rest: Uint8Array }> {
  const buffer = new Uint8Array(MOST_HEAD_BYTES);
  let length = 0;
  while (length < buffer.length) {
    const count = await conn.read(buffer.subarray(length));
    if (count === null) {
      if (length === 0) {
        throw new Error("the connection ended without an answer");
      }
      throw new ProtocolError("invalid HTTP answer: the connection ended");
    }
    length += count;
    const text = latin1.decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    return { head: text.slice(0, end), rest: buffer.slice(end + 4, length) };
  }
  throw new ProtocolError("invalid HTTP answer: its head is too long");
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

async function acceptFor(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key + GUID);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
}

async function writeAll(conn: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await conn.write(bytes.subarray(written));
  }
}
