import {
  ADDRESS_BYTES,
  AF_INET,
  socketAddress,
} from "../../src/net/ipv4_address.ts";
import { loadTcpLibc } from "../../src/net/tcp_libc.ts";

const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
/** `struct linger`: on, for no time, so that closing resets. */
const AT_ONCE = Int32Array.of(1, 0);

const libc = loadTcpLibc();

/** Whether this machine lets {@linkcode resetConnections} make system calls. */
export const CAN_RESET = libc !== undefined;

/**
 * Connects to a port of this machine and resets, so often, before the runtime
 * has a turn: whoever accepts finds only what is gone.
 */
export function resetConnections(port: number, count: number): void {
  const address = socketAddress("127.0.0.1", port);
  for (let i = 0; i < count; i++) {
    const fd = libc!.socket(AF_INET, SOCK_STREAM, 0);
    const isThere = libc!.connect(fd, address, ADDRESS_BYTES) === 0;
    libc!.setsockopt(fd, SOL_SOCKET, SO_LINGER, AT_ONCE, AT_ONCE.byteLength);
    libc!.close(fd);
    if (!isThere) throw new Error("Cannot connect");
  }
}
