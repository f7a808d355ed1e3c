/** Where a datagram came from. The same object may come with each datagram of one source. */
export interface Source {
  readonly host: string;
  readonly port: number;
}

/** Whom the datagrams of a socket are for. */
export interface DatagramReceiver {
  /** Takes a datagram; its bytes are valid during the call only. */
  receive(datagram: Uint8Array, from: Source): void;
}

/** A UDP socket of one call. One thread. */
export interface DatagramSocket {
  readonly port: number;
  /** Sends at once, or not at all when the system has no room: a late frame is worth nothing. */
  send(datagram: Uint8Array, to: Source): void;
  /** Nobody but this source is heard or spoken to any more: the system may drop what others send. */
  settle(on: Source): void;
  /** May be called twice; nothing is taken afterwards. */
  close(): void;
}

/**
 * Binds a socket to an address of this machine, on a port that is free. Throws
 * OverloadError when the machine has none left, and Error for an address that
 * is not its own.
 */
export type OpenDatagramSocket = (
  host: string,
  receiver: DatagramReceiver,
) => DatagramSocket;

/** Larger than any frame, 60 ms at 48 kHz, so that a datagram that is too long shows as such. */
export const LARGEST_DATAGRAM_BYTES = 8192;
