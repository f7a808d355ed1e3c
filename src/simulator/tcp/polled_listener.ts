import { isIPv4 } from "node:net";
import {
  ADDRESS_BYTES,
  AF_INET,
  portOf,
  socketAddress,
} from "../../net/ipv4_address.ts";
import { loadLibc } from "../../net/libc.ts";
import { type Polled, PollSet } from "../../net/poll_set.ts";
import type {
  Connection,
  Listen,
  Listener,
  ListenOptions,
} from "./connection.ts";
import { PolledConnection } from "./polled_connection.ts";
import { loadTcpCalls, type TcpCalls } from "./tcp_calls.ts";

// Numbers of Linux's system call interface.
const SOCK_STREAM = 0o2004001; // SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC
const ACCEPTED = 0o2004000; // SOCK_NONBLOCK, SOCK_CLOEXEC
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const BACKLOG = 1024;

/**
 * How to listen with connections that are served by system calls of our own
 * every `pollMs`, for a thousand clients; undefined where the C library may not
 * be loaded. One thread.
 */
export function createPolledListen(
  options: { readonly pollMs: number },
): Listen | undefined {
  const [libc, calls] = [loadLibc(), loadTcpCalls()];
  if (libc === undefined || calls === undefined) return undefined;
  const set = new PollSet(libc, options);
  return (where) =>
    isIPv4(where.hostname)
      ? new PolledListener(where, { calls, set })
      : Deno.listen(where);
}

class PolledListener implements Listener, Polled {
  readonly addr: { readonly hostname: string; readonly port: number };
  readonly #fd: number;
  readonly #own: { readonly calls: TcpCalls; readonly set: PollSet };
  readonly #accepted: PolledConnection[] = [];
  #waiting: PromiseWithResolvers<Connection> | undefined;
  #open = true;

  constructor(
    where: ListenOptions,
    own: { readonly calls: TcpCalls; readonly set: PollSet },
  ) {
    this.#own = own;
    this.#fd = bind(where, own.calls);
    const address = new Uint8Array(ADDRESS_BYTES);
    own.calls.getsockname(this.#fd, address, Uint32Array.of(ADDRESS_BYTES));
    this.addr = { hostname: where.hostname, port: portOf(address) };
    if (own.set.add(this.#fd, this)) return;
    own.calls.close(this.#fd);
    throw cannotListen(where);
  }

  accept(): Promise<Connection> {
    if (!this.#open) return Promise.reject(closedError());
    const connection = this.#accepted.shift();
    if (connection !== undefined) return Promise.resolve(connection);
    this.#waiting = Promise.withResolvers<Connection>();
    return this.#waiting.promise;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#own.set.remove(this.#fd);
    for (const connection of this.#accepted) connection.close();
    this.#waiting?.reject(closedError());
  }

  ready(): boolean {
    const { calls, set } = this.#own;
    const fd = calls.accept4(this.#fd, null, null, ACCEPTED);
    if (fd < 0) return false;
    const connection = new PolledConnection(fd, this.#own);
    if (!set.add(fd, connection)) calls.close(fd);
    else this.#hand(connection);
    return true;
  }

  #hand(connection: PolledConnection): void {
    if (this.#waiting === undefined) this.#accepted.push(connection);
    else this.#waiting.resolve(connection);
    this.#waiting = undefined;
  }
}

function bind(where: ListenOptions, calls: TcpCalls): number {
  const fd = calls.socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) throw cannotListen(where);
  const on = new Uint8Array(Int32Array.of(1).buffer);
  calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, 4);
  if (where.reusePort) calls.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, on, 4);
  const address = socketAddress(where.hostname, where.port);
  const listens = calls.bind(fd, address, ADDRESS_BYTES) === 0 &&
    calls.listen(fd, BACKLOG) === 0;
  if (listens) return fd;
  calls.close(fd);
  throw cannotListen(where);
}

function cannotListen({ hostname, port }: ListenOptions): Error {
  return new Deno.errors.AddrInUse(`Cannot listen on ${hostname}:${port}`);
}

function closedError(): Error {
  return new Deno.errors.BadResource("The listener is closed");
}
