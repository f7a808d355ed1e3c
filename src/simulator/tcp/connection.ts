/** A TCP connection as the simulated service needs it; the runtime's own are of this shape. One thread. */
export interface Connection {
  /** Resolves with the bytes that were read, null at the end; one at a time. Rejects when the connection is closed or broken. */
  read(into: Uint8Array): Promise<number | null>;
  /** Resolves with the bytes that were written, at least one; one at a time. Rejects when the connection is closed or broken. */
  write(bytes: Uint8Array): Promise<number>;
  setNoDelay(noDelay: boolean): void;
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
