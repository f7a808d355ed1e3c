/** Takes bytes that came, which stand during the call only; false when it wants no more. */
export type TakeBytes = (bytes: Uint8Array) => boolean;

/** A connection's bytes: as Deno.Conn has them, and some do more. One thread. */
export interface ByteStream {
  /** Resolves with how many bytes came, null at the end; one read at a time. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Resolves with how many bytes were taken, at least one; one write at a time. */
  write(bytes: Uint8Array): Promise<number>;
  /** How many bytes the system takes at once; 0 when it has no room now. */
  writeNow?(bytes: Uint8Array): number;
  /** Gives bytes as they come; resolves at the end, or when no more are wanted. */
  listen?(take: TakeBytes): Promise<void>;
  /** Ends it at once; what waits for it is told so. */
  close(): void;
}

const READ_BYTES = 16 * 1024;

/** Gives a stream's bytes as they come; resolves at the end, or when no more are wanted. */
export async function listenTo(
  stream: ByteStream,
  take: TakeBytes,
): Promise<void> {
  if (stream.listen !== undefined) return await stream.listen(take);
  const buffer = new Uint8Array(READ_BYTES);
  while (true) {
    const count = await stream.read(buffer);
    if (count === null || !take(buffer.subarray(0, count))) return;
  }
}

/**
 * Connects to the host of a `ws:` or `wss:` address; `begun` gets what can be
 * closed from then on. Rejects with Error when there is nobody.
 */
export type OpenStream = (
  url: URL,
  begun: (stream: ByteStream) => void,
) => Promise<ByteStream>;

/** Connects by the runtime, without gathering small writes, over TLS for `wss:`. Any thread. */
export const openStream: OpenStream = async (url, begun) => {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const tcp = await Deno.connect({ hostname, port: portOf(url) });
  tcp.setNoDelay(true);
  begun(tcp);
  return url.protocol === "wss:" ? await secure(tcp, hostname, begun) : tcp;
};

/** The port of a `ws:` or `wss:` address. */
export function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === "wss:" ? 443 : 80));
}

async function secure(
  tcp: Deno.TcpConn,
  hostname: string,
  begun: (stream: ByteStream) => void,
): Promise<ByteStream> {
  const tls = await Deno.startTls(tcp, {
    hostname,
    alpnProtocols: ["http/1.1"],
  });
  // The TCP connection is part of this one now, and closing it would do nothing.
  begun(tls);
  try {
    await tls.handshake();
    return tls;
  } catch (error) {
    tls.close();
    throw error;
  }
}
