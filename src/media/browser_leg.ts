import {
  type DatagramReceiver,
  type DatagramSocket,
  LARGEST_DATAGRAM_BYTES,
  type Source,
} from "../net/datagram_socket.ts";
import type { AudioLeg } from "../router/audio_leg.ts";
import type { LegClock } from "./leg_clock.ts";
import { UnicastLeg } from "./unicast_leg.ts";

/** The one peer that a WebSocket has. */
const BROWSER: Source = { host: "browser", port: 0 };
/** What a browser has not taken for so long is not worth sending: a second at 16 kHz. */
const MOST_WAITING_BYTES = 32_000;
/** "Message too big", of RFC 6455. */
const TOO_BIG = 1009;

/** A WebSocket that is open, as far as a leg needs it. */
export type FrameSocket = Pick<
  WebSocket,
  "readyState" | "bufferedAmount" | "send" | "close" | "addEventListener"
>;

/**
 * Makes a leg of a browser's WebSocket, whose `binaryType` is `arraybuffer`: a
 * binary message is a frame, L16 little-endian mono, as a datagram of
 * FreeSWITCH's is one. So the browser's frames pace both directions, and
 * `clock` goes on where its network stands still. Main thread. The socket
 * stays its owner's, who closes it.
 */
export function openBrowserLeg(
  socket: FrameSocket,
  clock: Pick<LegClock, "add" | "remove">,
): AudioLeg {
  return new UnicastLeg({
    ...{ host: BROWSER.host, peerHost: BROWSER.host, clock },
    openSocket: (_host, receiver) => new BrowserFrames(socket, receiver),
  });
}

class BrowserFrames implements DatagramSocket {
  readonly port = BROWSER.port;
  #socket: FrameSocket;
  #listening = new AbortController();

  constructor(socket: FrameSocket, receiver: DatagramReceiver) {
    this.#socket = socket;
    const { signal } = this.#listening;
    socket.addEventListener("message", ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return;
      if (data.byteLength > LARGEST_DATAGRAM_BYTES) {
        return socket.close(TOO_BIG, "a message is one frame of 20 ms");
      }
      receiver.receive(new Uint8Array(data), BROWSER);
    }, { signal });
  }

  send(frame: Uint8Array): void {
    if (this.#listening.signal.aborted) return;
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > MOST_WAITING_BYTES) return;
    // Copied, because the leg uses its buffer again at once.
    this.#socket.send(frame.slice());
  }

  settle(): void {
    // There is nobody else on this connection.
  }

  close(): void {
    this.#listening.abort();
  }
}
