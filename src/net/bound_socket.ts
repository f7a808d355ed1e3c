import { OverloadError } from "../errors.ts";
import {
  ADDRESS_BYTES,
  AF_INET,
  portOf,
  socketAddress,
} from "./ipv4_address.ts";
import type { Libc } from "./libc.ts";

// Numbers of Linux's system call interface.
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 0o2004002;
const MSG_DONTWAIT = 0x40;
/** More datagrams than the system keeps for a socket. */
const MOST_DROPPED = 4096;

/** A UDP socket as the system knows it. */
export interface BoundSocket {
  readonly fd: number;
  readonly port: number;
}

/**
 * Binds a UDP socket to an IPv4 address of this machine, on a port that is
 * free; whoever calls has to close it. Any thread. Throws RangeError unless
 * `host` is an IPv4 address, OverloadError when the machine has no socket left,
 * and Error for an address that is not its own.
 */
export function bindDatagramSocket(libc: Libc, host: string): BoundSocket {
  const address = socketAddress(host);
  const fd = libc.socket(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw noSocketLeft(host);
  if (libc.bind(fd, address, ADDRESS_BYTES) !== 0) {
    libc.close(fd);
    throw new Error(`Cannot bind an audio socket to ${host}`);
  }
  const bound = new Uint8Array(ADDRESS_BYTES);
  libc.getsockname(fd, bound, Uint32Array.of(ADDRESS_BYTES));
  return { fd, port: portOf(bound) };
}

/** Drops what a socket that nobody reads yet has received. */
export function dropDatagrams(libc: Libc, fd: number): void {
  const buffer = new Uint8Array(1);
  for (let i = 0; i < MOST_DROPPED; i++) {
    if (libc.recv(fd, buffer, 1n, MSG_DONTWAIT) < 0) return;
  }
}

/** What is thrown where the system has no socket left. */
export function noSocketLeft(host: string): OverloadError {
  return new OverloadError(
    `Cannot open an audio socket on ${host}: the machine has none left`,
  );
}
