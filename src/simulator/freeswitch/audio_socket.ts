/** Where unicast is bound and where it sends to. */
export interface UnicastTarget {
  readonly localHost: string;
  /** 0: any free port. */
  readonly localPort: number;
  readonly remoteHost: string;
  readonly remotePort: number;
}

/** When a datagram came, in milliseconds of `performance.now`. */
export interface Arrival {
  /** Asking may cost a system call. */
  readonly timeMs: number;
  /** When it was seen: the same, or up to the frame time in which it is heard. */
  readonly seenMs: number;
}

/** Whom an {@linkcode AudioSocket} tells what. */
export interface AudioSocketEvents {
  /** A datagram was seen first, at the latest when it is taken; both are valid during the call only. */
  arrived(datagram: Uint8Array, arrival: Arrival): void;
  /** A datagram did not fit the queue. */
  lost(): void;
  /** A frame could not be sent. */
  failed(): void;
}

/**
 * The UDP socket of one audio leg: it hears whoever sends to it, and keeps as
 * much as FreeSWITCH's socket buffer until it is taken. One thread.
 */
export interface AudioSocket {
  readonly port: number;
  /** Whether so many frames wait to leave that another would prove nothing. */
  readonly full: boolean;
  /** Datagrams that are known to wait. */
  readonly waiting: number;
  /** Sends a frame; its bytes may be used again at once. */
  send(frame: Uint8Array): void;
  /**
   * Moves the oldest datagram into `frame`, at `nowMs`, and returns its length in bytes,
   * which may be another than the frame's; -1 when there is none. What a short
   * one leaves of the frame is whatever stood there.
   */
  take(frame: Uint8Array, nowMs: number): number;
  /** Forgets all that wait and returns how many that were. */
  clear(nowMs: number): number;
  /** Resolves when nothing is taken any more; may be called twice. */
  close(): Promise<void>;
}

/** How a socket is opened. */
export interface AudioSocketOptions {
  readonly target: UnicastTarget;
  /** The right size of a datagram. */
  readonly frameBytes: number;
  readonly events: AudioSocketEvents;
}

/** Binds a leg's socket; throws Error when the local port is taken. */
export type OpenAudioSocket = (options: AudioSocketOptions) => AudioSocket;
