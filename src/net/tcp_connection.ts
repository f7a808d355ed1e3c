import { ADDRESS_BYTES, AF_INET, socketAddress } from "./ipv4_address.ts";
import type { TcpLibc } from "./tcp_libc.ts";
import {
  BROKEN,
  type DescriptorNotes,
  type Polled,
  type PollSet,
  READABLE,
  WRITABLE,
} from "./poll_set.ts";

// Numbers of Linux's system call interface.
const SOCK_STREAM_NONBLOCK_CLOEXEC = 0o2004001;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const MSG_DONTWAIT_NOSIGNAL = 0x4040;
const WORD_BYTES = 4;
const ON = Int32Array.of(1);
/** Words for the errors that a connection meets (errno-base.h and errno.h). */
const ERRORS: Readonly<Record<number, string>> = {
  32: "broken pipe",
  101: "network unreachable",
  104: "connection reset",
  110: "connection timed out",
  111: "connection refused",
  113: "no route to host",
};

/** What came last, of whichever connection: it is given to its listener at once. */
const incoming = new Uint8Array(64 * 1024);

/** What connections of a thread share. */
export interface TcpParts {
  readonly libc: TcpLibc;
  readonly set: PollSet;
  readonly notes?: DescriptorNotes;
}

/**
 * Connects to an IPv4 address without gathering small writes (Nagle's
 * algorithm). Any thread. `begun` gets the connection at once, so that it can
 * be closed while it connects. Rejects with Error when there is nobody, and
 * when it is closed before.
 */
export async function connectTcp(
  { host, port }: { readonly host: string; readonly port: number },
  parts: TcpParts,
  begun: (connection: TcpConnection) => void,
): Promise<TcpConnection> {
  const { libc, set, notes } = parts;
  const address = socketAddress(host, port);
  const fd = libc.socket(AF_INET, SOCK_STREAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw noneLeft();
  const connection = new TcpConnection(fd, parts);
  const isNoted = notes?.enter(fd) ?? true;
  libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON, WORD_BYTES);
  // That it is not connected yet shows like every failure, by what the set tells.
  libc.connect(fd, address, ADDRESS_BYTES);
  if (!isNoted || !set.add(fd, connection, WRITABLE)) {
    notes?.leave(fd);
    libc.close(fd);
    throw noneLeft();
  }
  begun(connection);
  await connection.connected;
  return connection;
}

/** A connection by system calls of our own: the part of Deno.Conn that a WebSocket needs. One thread. */
export class TcpConnection implements Polled {
  /** Resolves when it is connected. */
  readonly connected: Promise<void>;
  readonly #fd: number;
  readonly #parts: TcpParts;
  readonly #connecting = Promise.withResolvers<void>();
  #state: "connecting" | "open" | "over" = "connecting";
  #failure: Error | undefined;
  #reader?: { buffer: Uint8Array; whole: PromiseWithResolvers<number | null> };
  #listener?: {
    take: (bytes: Uint8Array) => boolean;
    whole: PromiseWithResolvers<void>;
  };
  #writer?: { bytes: Uint8Array; whole: PromiseWithResolvers<number> };

  constructor(fd: number, parts: TcpParts) {
    this.#fd = fd;
    this.#parts = parts;
    this.connected = this.#connecting.promise;
    this.connected.catch(() => {});
  }

  /** Resolves with how many bytes came, null at the end; one read at a time. */
  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#state === "over") return this.#refuse();
    const whole = Promise.withResolvers<number | null>();
    this.#reader = { buffer, whole };
    return whole.promise;
  }

  /** Gives bytes as they come, which stand during the call only, until the end or until `take` says false; rejects with what it throws. */
  listen(take: (bytes: Uint8Array) => boolean): Promise<void> {
    if (this.#state === "over") return this.#refuse();
    const whole = Promise.withResolvers<void>();
    this.#listener = { take, whole };
    return whole.promise;
  }

  /** How many bytes the system takes at once; 0 when it has no room now. */
  writeNow(bytes: Uint8Array): number {
    return this.#state === "open" ? Math.max(0, this.#send(bytes)) : 0;
  }

  /** Resolves with how many bytes the system took, when it has room for some; one write at a time. */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#state === "over") return this.#refuse();
    const taken = this.#send(bytes);
    if (taken > 0) {
      this.#parts.set.wantTurn();
      return Promise.resolve(taken);
    }
    const whole = Promise.withResolvers<number>();
    this.#writer = { bytes, whole };
    this.#parts.set.expect(this.#fd, READABLE | WRITABLE);
    return whole.promise;
  }

  /** Ends it at once; what waits for it is told so. May be called twice. */
  close(): void {
    this.#end(new Deno.errors.Interrupted("the connection was closed"));
  }

  ready(events: number): boolean {
    if (this.#state === "connecting") this.#finishConnecting(events);
    else {
      if ((events & WRITABLE) !== 0) this.#writeOn();
      if ((events & (READABLE | BROKEN)) !== 0) this.#readOn(events);
    }
    // Who reads on does so after this look.
    return false;
  }

  #finishConnecting(events: number): void {
    if ((events & BROKEN) !== 0) return this.#end(this.#error());
    this.#state = "open";
    this.#parts.set.expect(this.#fd, READABLE);
    this.#connecting.resolve();
    this.#parts.set.wantTurn();
  }

  #readOn(events: number): void {
    const buffer = this.#listener === undefined
      ? this.#reader?.buffer
      : incoming;
    if (buffer === undefined) {
      // Nobody reads, and nobody would hear of the end otherwise.
      if ((events & BROKEN) !== 0) this.#end(this.#error());
      return;
    }
    const { libc } = this.#parts;
    const room = BigInt(buffer.length);
    const count = libc.recv(this.#fd, buffer, room, MSG_DONTWAIT_NOSIGNAL);
    if (count > 0) this.#give(count);
    else if (count === 0) this.#finish();
    else if ((events & BROKEN) !== 0) this.#end(this.#error());
  }

  #give(count: number): void {
    const listener = this.#listener;
    if (listener === undefined) {
      this.#reader?.whole.resolve(count);
      this.#reader = undefined;
      this.#parts.set.wantTurn();
      return;
    }
    try {
      if (listener.take(incoming.subarray(0, count))) return;
      listener.whole.resolve();
    } catch (error) {
      listener.whole.reject(error);
    }
    this.#parts.set.wantTurn();
    this.#listener = undefined;
  }

  /** The peer has said all. */
  #finish(): void {
    this.#reader?.whole.resolve(null);
    this.#listener?.whole.resolve();
    this.#end(new Error("the connection ended"));
  }

  #writeOn(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    const taken = this.#send(writer.bytes);
    if (taken <= 0) return;
    this.#writer = undefined;
    this.#parts.set.expect(this.#fd, READABLE);
    writer.whole.resolve(taken);
    this.#parts.set.wantTurn();
  }

  #send(bytes: Uint8Array): number {
    const length = BigInt(bytes.length);
    const { libc } = this.#parts;
    return libc.send(this.#fd, bytes, length, MSG_DONTWAIT_NOSIGNAL);
  }

  /** What the system says has broken it; `errno` cannot be asked for, because the runtime may change it. */
  #error(): Error {
    const code = new Int32Array(1);
    const length = Uint32Array.of(WORD_BYTES);
    const { libc } = this.#parts;
    libc.getsockopt(this.#fd, SOL_SOCKET, SO_ERROR, code, length);
    return new Error(ERRORS[code[0]] ?? "the connection broke");
  }

  #refuse<T>(): Promise<T> {
    return Promise.reject(this.#failure);
  }

  #end(failure: Error): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#failure = failure;
    const { set, notes } = this.#parts;
    notes?.leave(this.#fd);
    set.remove(this.#fd);
    set.wantTurn();
    this.#connecting.reject(failure);
    this.#reader?.whole.reject(failure);
    this.#listener?.whole.reject(failure);
    this.#writer?.whole.reject(failure);
    this.#reader = this.#listener = this.#writer = undefined;
  }
}

function noneLeft(): Error {
  return new Error("Cannot connect: the machine has no descriptor left");
}
