import { OverloadError } from "../errors.ts";
import {
  type DatagramReceiver,
  type DatagramSocket,
  LARGEST_DATAGRAM_BYTES,
  type Source,
} from "../net/datagram_socket.ts";

/** Opens a socket of the runtime's own: works everywhere, with a promise for each datagram. Main thread. */
export function openAsyncSocket(
  host: string,
  receiver: DatagramReceiver,
): DatagramSocket {
  return new AsyncSocket(host, receiver);
}

/** A leg that catches up sends this many at once, and perhaps one more. */
const MOST_WAITING = 4;

class AsyncSocket implements DatagramSocket {
  #socket: Deno.DatagramConn;
  #closed = false;
  #waiting = 0;
  #sending: Promise<void> = Promise.resolve();
  /** A datagram that could not be sent is lost like one on the way. */
  #sent = () => {
    this.#waiting--;
  };

  constructor(host: string, receiver: DatagramReceiver) {
    this.#socket = bind(host);
    this.#receive(receiver);
  }

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  send(datagram: Uint8Array, to: Source): void {
    if (this.#closed || this.#waiting === MOST_WAITING) return;
    this.#waiting++;
    // Copied, because the caller uses its buffer again before this one's turn.
    const bytes = datagram.slice();
    const { host: hostname, port } = to;
    const address = { transport: "udp", hostname, port } as const;
    // One after the other, because sends that overlap may overtake each other.
    this.#sending = this.#sending
      .then(() => this.#socket.send(bytes, address))
      .then(this.#sent, this.#sent);
  }

  settle(): void {
    // The runtime has no way to connect a datagram socket.
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  async #receive(receiver: DatagramReceiver): Promise<void> {
    const buffer = new Uint8Array(LARGEST_DATAGRAM_BYTES);
    while (!this.#closed) {
      try {
        const [datagram, from] = await this.#socket.receive(buffer);
        if (this.#closed) return;
        const { hostname: host, port } = from as Deno.NetAddr;
        receiver.receive(datagram, { host, port });
        await this.#sending;
      } catch (error) {
        // Closing the socket ends the wait; what else UDP reports concerns one datagram.
        if (error instanceof Deno.errors.BadResource) return;
      }
    }
  }
}

function bind(hostname: string): Deno.DatagramConn {
  try {
    return Deno.listenDatagram({ hostname, port: 0, transport: "udp" });
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrNotAvailable) throw cause;
    throw new OverloadError(
      `Cannot open an audio socket on ${hostname}: the machine has none left`,
      { cause },
    );
  }
}
