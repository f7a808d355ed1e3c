/** An event as JSON. */
export type ModelEvent = Readonly<Record<string, unknown>> & { type: string };

/** The server's end of one conversation, for a test to play. */
export interface ScriptedPeer {
  readonly request: { readonly url: URL; readonly headers: Headers };
  /** Sends an event, or raw text or bytes. */
  send(message: ModelEvent | string | Uint8Array<ArrayBuffer>): void;
  /** The next event of the client, as text. */
  nextText(): Promise<string>;
  /** The next event of the client. */
  next(): Promise<ModelEvent>;
  close(code?: number, reason?: string): void;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<number>;
}

/** A realtime model that does what a test says, over real sockets. */
export interface ScriptedModel extends AsyncDisposable {
  readonly url: string;
  /** Upgrades that were asked for. */
  readonly requests: number;
  /** The next conversation. */
  accept(): Promise<ScriptedPeer>;
}

/** Choices of {@linkcode startScriptedModel}. */
export interface ScriptedModelOptions {
  /** Every upgrade is refused so. */
  readonly refuseStatus?: number;
  /** How upgrade number `n`, from 0, is refused; undefined for not at all. */
  readonly refuse?: (n: number) => number | undefined;
}

/** Values in the order in which they come, awaited by whoever needs the next. */
export class Inbox<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  /** How many nobody has taken. */
  get length(): number {
    return this.#values.length;
  }

  push(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#values.push(value);
    else waiting(value);
  }

  next(): Promise<T> {
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve(value);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Starts a model on a free port. */
export function startScriptedModel(
  { refuseStatus, refuse = () => refuseStatus }: ScriptedModelOptions = {},
): ScriptedModel {
  let requests = 0;
  const peers = new Inbox<ScriptedPeer>();
  const open = new Set<ScriptedPeer>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => {
      const status = refuse(requests++);
      if (status !== undefined) return new Response(null, { status });
      // Both are out of reach once the request is upgraded.
      const seen = {
        url: new URL(request.url),
        headers: new Headers(request.headers),
      };
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: 0,
      });
      const peer = toPeer(socket, seen);
      open.add(peer);
      void peer.closed.then(() => open.delete(peer));
      socket.addEventListener("open", () => peers.push(peer));
      return response;
    },
  );
  return {
    url: `ws://127.0.0.1:${server.addr.port}/v1/realtime`,
    get requests() {
      return requests;
    },
    accept: () => peers.next(),
    async [Symbol.asyncDispose]() {
      for (const peer of open) peer.close();
      await Promise.all([...open].map((peer) => peer.closed));
      await server.shutdown();
    },
  };
}

/** Opens a session as every supplier does; gives what the client wants it to be. */
export async function greet(peer: ScriptedPeer): Promise<ModelEvent> {
  peer.send({ type: "session.created" });
  const update = await peer.next();
  peer.send({ type: "session.updated" });
  return update;
}

function toPeer(
  socket: WebSocket,
  request: ScriptedPeer["request"],
): ScriptedPeer {
  const inbox = new Inbox<string>();
  const closed = Promise.withResolvers<number>();
  socket.addEventListener("message", ({ data }) => inbox.push(data));
  socket.addEventListener("close", ({ code }) => closed.resolve(code));
  return {
    request,
    send(message) {
      const raw = typeof message === "string" || message instanceof Uint8Array;
      socket.send(raw ? message : JSON.stringify(message));
    },
    nextText: () => inbox.next(),
    next: async () => JSON.parse(await inbox.next()),
    close: (code, reason) => socket.close(code, reason),
    closed: closed.promise,
  };
}
