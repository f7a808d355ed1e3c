import { isIPv4 } from "node:net";
import { connectTcp, type TcpParts } from "../net/tcp_connection.ts";
import { type OpenStream, openStream, portOf } from "./byte_stream.ts";

/**
 * Connects by system calls of our own where the address is `ws:` and IPv4, and
 * by the runtime where TLS or a name's look-up is needed. One thread.
 */
export function polledStreams(parts: TcpParts): OpenStream {
  return (url, begun) =>
    url.protocol === "ws:" && isIPv4(url.hostname)
      ? connectTcp({ host: url.hostname, port: portOf(url) }, parts, begun)
      : openStream(url, begun);
}
