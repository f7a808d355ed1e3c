import type { AudioLeg } from "../router/audio_leg.ts";
import type { Source } from "../net/datagram_socket.ts";
import type { LegClock } from "./leg_clock.ts";
import { UnicastLeg } from "./unicast_leg.ts";

/** The one peer that a connection has. */
const BROWSER: Source = { host: "browser", port: 0 };

/** A browser's connection, as far as a leg needs it. */
export interface FrameLine {
  /** Says who takes the browser's frames, whose bytes are valid during the call only; undefined for nobody. */
  listen(take: ((frame: Uint8Array) => void) | undefined): void;
  /** Sends a frame at once, or not at all. Keeps nothing of it. */
  send(frame: Uint8Array): void;
}

/**
 * Makes a leg of a browser's connection: a frame of it, L16 little-endian mono,
 * is what a datagram is of FreeSWITCH's. So the browser's frames pace both
 * directions, and `clock` goes on where its network stands still. Main thread.
 * The connection stays its owner's, who closes it.
 */
export function openBrowserLeg(
  line: FrameLine,
  clock: Pick<LegClock, "add" | "remove">,
): AudioLeg {
  return new UnicastLeg({
    ...{ host: BROWSER.host, peerHost: BROWSER.host, clock },
    openSocket: (_host, receiver) => {
      line.listen((frame) => receiver.receive(frame, BROWSER));
      return {
        port: BROWSER.port,
        send: (frame) => line.send(frame),
        settle() {}, // There is nobody else on this connection.
        close: () => line.listen(undefined),
      };
    },
  });
}
