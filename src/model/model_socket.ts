/** Where a model is reached, and with which headers. */
export interface SocketAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** ASCII text before and after the base64 of a message of speech. */
export interface SpeechEnvelope {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** What a socket tells its owner; after `close()` only `gone`. */
export interface ModelSocketEvents {
  opened(): void;
  /** Offers a text as its bytes, valid during the call; true takes it, and then it does not come as a message. */
  offer?(text: Uint8Array): boolean;
  /** A message: a string, or bytes of the receiver's when it was binary. */
  message(data: string | Uint8Array): void;
  /** It never opened, or it is closed, by whomever; comes exactly once and is the last. */
  gone(end: SocketEnd): void;
}

/** How a socket ended. */
export interface SocketEnd {
  /** Zero when it never opened or broke. */
  readonly code: number;
  /** HTTP status of a refused upgrade. */
  readonly status?: number;
  readonly reason: string;
  /** Words for what broke it, or why it never opened; empty when nothing did. */
  readonly error: string;
  /** It was open, and no longer answered pings. */
  readonly isStalled?: boolean;
}

/** A WebSocket of which nothing is heard after it was closed. Worker thread. */
export interface ModelSocket {
  /** What was given to {@linkcode send} and not yet taken by the peer. */
  readonly bufferedBytes: number;
  /** Sends a text frame; dropped when not open. */
  send(text: string): void;
  /** Sends a text frame of the envelope with 16-bit samples between, little-endian in base64; dropped when not open. */
  sendSpeech(samples: Int16Array, envelope: SpeechEnvelope): void;
  /** Stops connecting, or closes; may be called twice. */
  close(): void;
}

/** Begins to connect; throws what the runtime throws for an address that it refuses. */
export type ConnectSocket = (
  address: SocketAddress,
  events: ModelSocketEvents,
) => ModelSocket;
