import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** What happens on the way to a server, in its order. */
export type Phase = "DNS" | "TCP" | "TLS" | "upgrade";

/** How long each took, in milliseconds. */
export type PhaseTimes = Partial<Record<Phase, number>>;

/** The way to a server ended before its end. */
export class PhaseError extends Error {
  override name = "PhaseError";
  readonly phase: Phase;

  constructor(phase: Phase, options: ErrorOptions) {
    const { cause } = options;
    super(cause instanceof Error ? cause.message : String(cause), options);
    this.phase = phase;
  }
}

/** A connection, and how long it took. */
export interface PhasedConnection {
  readonly socket: Socket;
  readonly times: PhaseTimes;
}

/** Resolves the name, connects, and speaks TLS for `wss:`. Rejects with PhaseError; the socket is destroyed when the signal is aborted. */
export async function connectInPhases(
  url: URL,
  signal: AbortSignal,
): Promise<PhasedConnection> {
  const times: PhaseTimes = {};
  const { name, port, secure } = placeOf(url);
  const timed = async <T>(phase: Phase, work: () => Promise<T>) => {
    const startMs = performance.now();
    try {
      return await work();
    } catch (cause) {
      signal.throwIfAborted();
      throw new PhaseError(phase, { cause });
    } finally {
      times[phase] = performance.now() - startMs;
    }
  };
  const host = isIP(name) !== 0
    ? name
    : (await timed("DNS", () => lookup(name))).address;
  let socket = connectTcp({ host, port, noDelay: true });
  signal.addEventListener("abort", () => socket.destroy(), { once: true });
  if (signal.aborted) socket.destroy();
  await timed("TCP", () => happened(socket, "connect"));
  if (secure) {
    const tls = startTls(socket, name);
    socket = tls;
    await timed("TLS", () => happened(tls, "secureConnect"));
  }
  return { socket, times };
}

function placeOf({ protocol, hostname, port }: URL) {
  const secure = protocol === "wss:";
  return {
    name: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || (secure ? 443 : 80)),
    secure,
  };
}

function startTls(socket: Socket, name: string): Socket {
  return connectTls({
    socket,
    servername: isIP(name) === 0 ? name : "",
    ALPNProtocols: ["http/1.1"],
  });
}

function happened(socket: Socket, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(name, () => resolve());
  // Stays: an error that nobody takes would end the process.
  socket.on("error", reject);
  socket.once("close", () => reject(new Error("the connection was closed")));
  return promise;
}
