/** Who takes what comes on a connection. */
export interface Receiver {
  /** Where the next bytes go; empty while none are wanted. */
  space(): Uint8Array;
  /** So many bytes were put there; what it throws ends the receiving. */
  advance(countBytes: number): void;
}

/**
 * A TCP connection as the simulated service needs it. The runtime's own are of
 * this shape; those that need no promise for a message have the rest too. One thread.
 */
export interface Connection {
  /** Resolves with the bytes that were read, null at the end; one at a time. Rejects when the connection is closed or broken. */
  read(into: Uint8Array): Promise<number | null>;
  /** Resolves with the bytes that were written, at least one; one at a time. Rejects when the connection is closed or broken. */
  write(bytes: Uint8Array): Promise<number>;
  setNoDelay(noDelay: boolean): void;
  /** Gives all that comes to `receiver` until the end, the first failure or the close, with which it resolves; rejects with what the receiver throws. */
  receive?(receiver: Receiver): Promise<void>;
  /** Says that bytes are wanted again. */
  resume?(): void;
  /** Sends what there is room for, and gives how many bytes that were. */
  writeNow?(bytes: Uint8Array): number;
  close(): void;
}

/** Takes connections. One thread. */
export interface Listener {
  readonly addr: { readonly hostname: string; readonly port: number };
  /** Resolves with the next connection; one at a time. Rejects when the listener is closed. */
  accept(): Promise<Connection>;
  close(): void;
}

/** Where to listen. */
export interface ListenOptions {
  readonly hostname: string;
  /** 0: any free port. */
  readonly port: number;
  /** Whether several processes may share the port. */
  readonly reusePort: boolean;
}

/** Listens; throws Error when the port is taken. */
export type Listen = (options: ListenOptions) => Listener;
