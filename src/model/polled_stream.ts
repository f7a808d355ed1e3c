import { isIPv4 } from "node:net";
import { connectTcp, type TcpParts } from "../net/tcp_connection.ts";
import { type OpenStream, openStream, portOf } from "./byte_stream.ts";

/** Whether an address is connected to by system calls of our own: `ws:` and IPv4. */
export function isPolled({ protocol, hostname }: URL): boolean {
  return protocol === "ws:" && isIPv4(hostname);
}

/**
 * Connects by system calls of our own where {@linkcode isPolled} says so, and
 * by the runtime where TLS or a name's look-up is needed. One thread.
 */
export function polledStreams(parts: TcpParts): OpenStream {
  return (url, begun) =>
    isPolled(url)
      ? connectTcp({ host: url.hostname, port: portOf(url) }, parts, begun)
      : openStream(url, begun);
}
