import { isIPv4 } from "node:net";
import { loadLibc } from "../../net/libc.ts";
import {
  type PolledDatagramSocket,
  SocketPoller,
} from "../../net/socket_poller.ts";
import type {
  AudioSocket,
  AudioSocketEvents,
  OpenAudioSocket,
  UnicastTarget,
} from "./audio_socket.ts";
import { openRuntimeSocket } from "./runtime_audio_socket.ts";

/**
 * How to open audio sockets that are read by system calls of our own every
 * `pollMs`, for a machine with a thousand callers; undefined where the C
 * library may not be loaded. One thread.
 */
export function createPolledAudio(
  options: { readonly pollMs: number },
): OpenAudioSocket | undefined {
  const libc = loadLibc();
  if (libc === undefined) return undefined;
  const poller = new SocketPoller(libc, options);
  return (target, events) => {
    const { localHost, remoteHost } = target;
    return isIPv4(localHost) && isIPv4(remoteHost)
      ? new PolledAudioSocket(poller, { target, events })
      : openRuntimeSocket(target, events);
  };
}

/** What is sent has left: it never waits. */
class PolledAudioSocket implements AudioSocket {
  readonly full = false;
  readonly #socket: PolledDatagramSocket;
  readonly #remote: { readonly host: string; readonly port: number };
  readonly #events: AudioSocketEvents;
  #open = true;

  constructor(
    poller: SocketPoller,
    { target, events }: { target: UnicastTarget; events: AudioSocketEvents },
  ) {
    this.#events = events;
    this.#remote = { host: target.remoteHost, port: target.remotePort };
    this.#socket = poller.openAt(
      { host: target.localHost, port: target.localPort },
      (datagram) => events.take(datagram),
    );
  }

  get port(): number {
    return this.#socket.port;
  }

  send(frame: Uint8Array) {
    if (!this.#open) return;
    if (!this.#socket.send(frame, this.#remote)) this.#events.failed();
  }

  close(): Promise<void> {
    this.#open = false;
    this.#socket.close();
    return Promise.resolve();
  }
}
