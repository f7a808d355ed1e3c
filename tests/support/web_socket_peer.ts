import { connectWebSocket } from "../../src/model/web_socket.ts";
import type { SocketEnd } from "../../src/model/model_socket.ts";
import { latin1 } from "./esl_trace.ts";

/** Connects a client of ours to a port of this machine. */
export function dial(port: number) {
  const opened = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<SocketEnd>();
  const socket = connectWebSocket(
    { url: `ws://127.0.0.1:${port}/`, headers: {} },
    { opened: opened.resolve, message: () => {}, gone: gone.resolve },
  );
  return { socket, opened: opened.promise, gone: gone.promise };
}

/** Accepts one client by hand, so that any byte can follow. */
export async function acceptByHand(
  listener: Deno.TcpListener,
): Promise<Deno.Conn> {
  const conn = await listener.accept();
  const buffer = new Uint8Array(4096);
  const count = await conn.read(buffer) ?? 0;
  const head = new TextDecoder().decode(buffer.subarray(0, count));
  const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1];
  const digest = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
  );
  const accept = new Uint8Array(digest).toBase64();
  await conn.write(latin1(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  ));
  return conn;
}
