import { setTimeout as pause } from "node:timers/promises";
import { ProtocolError, wasGoneBeforeAccepted } from "../errors.ts";
import type { CallControl } from "../router/call_control.ts";
import type { Log } from "../telemetry/log.ts";
import {
  type AddressList,
  parseAddressList,
  plainAddress,
} from "./address_list.ts";
import { readChannel } from "./channel.ts";
import { EslCall, isUnicastUnsettled } from "./esl_call.ts";
import type { EslHeaders } from "./esl_message.ts";
import { EventSocket } from "./event_socket.ts";

/** Why a connection did not become a call. */
export type EslRejection = "address" | "timeout" | "protocol" | "closed";

/** Settings of {@linkcode listenEsl}. */
export interface EslListenerOptions {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Networks, as in 10.0.0.0/8 or fd00::/8, from which FreeSWITCH may connect. */
  readonly allow: readonly string[];
  /** How long FreeSWITCH has for the whole reply of `connect`; 5000 by default. */
  readonly connectTimeoutMs?: number;
  /** How long it has for the reply of a command; 5000 by default. */
  readonly commandTimeoutMs?: number;
  /** FreeSWITCH's context to which calls are transferred. */
  readonly transferContext: string;
  /** Lends a descriptor for a connection when the machine has none left; the call is then refused, and tries its next host. */
  readonly room?: { lend(count: number): (() => void) | undefined };
  readonly log: Log;
  /** A channel was handed to us. */
  onCall(call: CallControl): void;
  onRejected?(reason: EslRejection, error?: unknown): void;
}

/** Where FreeSWITCH's `socket` application connects to. Main thread. */
export interface EslListener {
  readonly hostname: string;
  readonly port: number;
  /** Connections that are open, calls or not yet calls. */
  readonly connectionCount: number;
  /** Stops accepting at once, so that FreeSWITCH tries its next host; connections stay. May be called twice. */
  close(): void;
}

/**
 * Listens for FreeSWITCH's outbound event socket. Main thread. Throws TypeError
 * for a wrong list of addresses, and what Deno.listen throws.
 */
export function listenEsl(options: EslListenerOptions): EslListener {
  const allowed = parseAddressList(options.allow);
  const { hostname, port } = options;
  const listener = Deno.listen({ transport: "tcp", hostname, port });
  const connections = new Set<Deno.Conn>();
  const closing = new AbortController();
  const acceptor = { options, allowed, listener, connections };
  void acceptAll(acceptor, closing.signal);
  return {
    hostname: listener.addr.hostname,
    port: listener.addr.port,
    get connectionCount() {
      return connections.size;
    },
    close() {
      if (closing.signal.aborted) return;
      closing.abort();
      listener.close();
    },
  };
}

interface Acceptor {
  readonly options: EslListenerOptions;
  readonly allowed: AddressList;
  readonly listener: Deno.TcpListener;
  readonly connections: Set<Deno.Conn>;
}

async function acceptAll(acceptor: Acceptor, closed: AbortSignal) {
  const { log, room } = acceptor.options;
  let endLoan: (() => void) | undefined;
  while (!closed.aborted) {
    try {
      const conn = await acceptor.listener.accept();
      endLoan?.();
      endLoan = undefined;
      // Even when we close meanwhile: FreeSWITCH would park a call whose connection ends before connect.
      void take(acceptor, conn);
    } catch (error) {
      if (closed.aborted) return;
      if (wasGoneBeforeAccepted(error)) continue;
      log.error("cannot accept a connection", { error });
      const isSecond = endLoan !== undefined;
      endLoan?.();
      // Out of file descriptors, most likely: accept would fail at once again and again.
      endLoan = isSecond ? undefined : room?.lend(1);
      if (endLoan === undefined) await pauseUnless(closed);
      // The connection may have gone meanwhile.
      else setTimeout(endLoan, LOAN_MS);
    }
  }
}

/** Makes a call of a connection, or ends it; never rejects. */
async function take(acceptor: Acceptor, conn: Deno.TcpConn): Promise<void> {
  const { options, allowed, connections } = acceptor;
  const remoteHost = plainAddress(conn.remoteAddr.hostname);
  if (!allowed.includes(remoteHost)) {
    conn.close();
    return reject(options, { reason: "address", remoteHost });
  }
  connections.add(conn);
  let call: EslCall | undefined;
  const commandTimeoutMs = options.commandTimeoutMs ?? 5000;
  try {
    quicken(conn);
    const socket = new EventSocket(conn, {
      commandTimeoutMs,
      onEvent: (event) => call?.onEvent(event),
      onNotice: (notice) => call ? call.onNotice(notice) : socket.leave(),
      onClosed: (reason, error) => {
        connections.delete(conn);
        if (call !== undefined) report(options, reason, error);
        call?.onClosed(reason, error);
      },
    });
    const { headers } = await socket.connect(options.connectTimeoutMs ?? 5000);
    socket.requireOpen();
    call = makeCall(headers, { conn, socket, commandTimeoutMs, options });
    if (isUnicastUnsettled(headers)) return await passOn(call, options.log);
  } catch (error) {
    return reject(options, { reason: rejectionOf(error), remoteHost, error });
  }
  hand(options, call);
}

/**
 * The node before us was cut off between its request for unicast and the first
 * frame. What comes of it ends when the channel leaves this application, and
 * then the dialplan's next action gets the call.
 */
async function passOn(call: EslCall, log: Log): Promise<void> {
  const callId = call.channel.uuid;
  log.info("unicast was asked for and not begun: passed on", { callId });
  try {
    await call.settle();
  } catch (error) {
    log.warn("unicast could not be settled", { callId, error });
  } finally {
    call.leave();
  }
}

/** A command is one small write: waiting for more to send would cost 40 ms each. */
function quicken(conn: Deno.TcpConn): void {
  try {
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  } catch {
    // It is gone already, which reading it will say.
  }
}

interface CallParts {
  readonly conn: Deno.TcpConn;
  readonly socket: EventSocket;
  readonly commandTimeoutMs: number;
  readonly options: EslListenerOptions;
}

function makeCall(headers: EslHeaders, parts: CallParts): EslCall {
  const { conn, socket, commandTimeoutMs, options } = parts;
  try {
    requireAsyncFull(headers);
    const channel = readChannel(headers, {
      localHost: conn.localAddr.hostname,
      remoteHost: conn.remoteAddr.hostname,
    });
    const log = options.log.with({ callId: channel.uuid });
    return new EslCall({
      channel,
      channelData: headers,
      socket,
      commandTimeoutMs,
      transferContext: options.transferContext,
      log,
    });
  } catch (error) {
    socket.fail(error);
    throw error;
  }
}

/** Without `full` FreeSWITCH refuses `api` and `linger`; without `async`, unicast. */
function requireAsyncFull(headers: EslHeaders): void {
  const mode = headers.get("Socket-Mode") ?? "async";
  const control = headers.get("Control") ?? "full";
  if (mode === "async" && control === "full") return;
  throw new ProtocolError(
    `Cannot take a call: the dialplan must say "async full", got ${
      JSON.stringify([mode, control].map((word) => word.slice(0, 40)))
    }`,
  );
}

function hand(options: EslListenerOptions, call: EslCall): void {
  try {
    options.onCall(call);
  } catch (error) {
    options.log.error("nobody took a call", { error });
    call.leave();
  }
}

function report(options: EslListenerOptions, reason: string, error?: unknown) {
  if (error === undefined) options.log.debug("event socket closed", { reason });
  else options.log.warn("event socket broke", { reason, error });
}

function reject(
  { log, onRejected }: EslListenerOptions,
  rejected: { reason: EslRejection; remoteHost: string; error?: unknown },
): void {
  log.warn("event socket rejected", rejected);
  try {
    onRejected?.(rejected.reason, rejected.error);
  } catch (error) {
    log.error("a listener of rejections threw", { error });
  }
}

function rejectionOf(error: unknown): EslRejection {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return "timeout";
  }
  return error instanceof ProtocolError ? "protocol" : "closed";
}

async function pauseUnless(closed: AbortSignal): Promise<void> {
  await pause(ACCEPT_PAUSE_MS, undefined, { signal: closed }).catch(() => {});
}

const ACCEPT_PAUSE_MS = 100;
/** A connection for which a descriptor was lent is there within this, in milliseconds. */
const LOAN_MS = 1000;
