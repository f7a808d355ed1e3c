import { EslPeer } from "./esl_peer.ts";

/**
 * Resolves when nobody listens on a port of this machine. Until then the kernel
 * may reset a connection or two, even before `connect` has asked for its peer's name.
 */
export async function refused(port: number): Promise<void> {
  for (;;) {
    try {
      using peer = await EslPeer.connect(port);
      await peer.ended();
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return;
      if (
        !(error instanceof Deno.errors.ConnectionReset ||
          error instanceof Deno.errors.NotConnected)
      ) throw error;
    }
  }
}
