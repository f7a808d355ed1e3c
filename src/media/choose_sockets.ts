import { isIPv4 } from "node:net";
import { openAsyncSocket } from "./async_socket.ts";
import type { OpenDatagramSocket } from "../net/datagram_socket.ts";
import { loadLibc } from "../net/libc.ts";
import { SocketPoller } from "../net/socket_poller.ts";

/** How datagrams are read: by system calls of our own, or by the runtime. */
export type SocketKind = "poll" | "async";

/** The way that was chosen. */
export interface ChosenSockets {
  readonly kind: SocketKind;
  readonly open: OpenDatagramSocket;
}

/**
 * Chooses how datagrams are read: `auto` polls where the C library may be
 * loaded, at a third of the cost. Main thread. Throws Error when polling is
 * asked for and cannot be.
 */
export function chooseSockets(wanted: SocketKind | "auto"): ChosenSockets {
  const libc = wanted === "async" ? undefined : loadLibc();
  if (libc === undefined) {
    if (wanted !== "poll") return { kind: "async", open: openAsyncSocket };
    throw new Error(
      "Cannot poll: needs Linux with glibc and the permission flag --allow-ffi for its path, as `deno task start` has it",
    );
  }
  const poller = new SocketPoller(libc);
  return {
    kind: "poll",
    open: (host, take) =>
      isIPv4(host) ? poller.open(host, take) : openAsyncSocket(host, take),
  };
}
