/** Where unicast is bound and where it sends to. */
export interface UnicastTarget {
  readonly localHost: string;
  /** 0: any free port. */
  readonly localPort: number;
  readonly remoteHost: string;
  readonly remotePort: number;
}

/** Whom an {@linkcode AudioSocket} tells what. */
export interface AudioSocketEvents {
  /** A datagram came; its bytes are valid during the call only. */
  take(datagram: Uint8Array): void;
  /** A frame could not be sent. */
  failed(): void;
}

/** The UDP socket of one audio leg: it hears whoever sends to it. One thread. */
export interface AudioSocket {
  readonly port: number;
  /** Whether so many frames wait to leave that another would prove nothing. */
  readonly full: boolean;
  /** Sends a frame; its bytes may be used again at once. */
  send(frame: Uint8Array): void;
  /** Resolves when nothing is taken any more; may be called twice. */
  close(): Promise<void>;
}

/** Binds a leg's socket; throws Error when the local port is taken. */
export type OpenAudioSocket = (
  target: UnicastTarget,
  events: AudioSocketEvents,
) => AudioSocket;
