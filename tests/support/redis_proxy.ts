/** What a {@linkcode RedisProxy} does with a command instead of forwarding it. */
export interface RedisFault {
  /** Bytes that come as the answer to each command; none for silence. */
  readonly answer?: string;
  /** Whether the connection ends after the first answer. */
  readonly hangsUp?: boolean;
}

/** Stands between a store and a real Redis, and answers in its place while there is a fault. */
export interface RedisProxy extends AsyncDisposable {
  readonly url: string;
  /** Connections that were made. */
  readonly accepted: number;
  /** Commands that were answered by a fault, or swallowed. */
  readonly faulty: number;
  /** What happens from now on, on connections that are there as well; undefined forwards. */
  fault: RedisFault | undefined;
  /** Ends each connection at its next answer, which is lost: what was asked was carried out. */
  loseAnswers(): void;
  /** Connections that have ended that way. */
  readonly lost: number;
}

const HOST = "127.0.0.1";

/** Listens on a free port in front of the Redis at `port`. */
export function startRedisProxy(port: number): RedisProxy {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const connections = new Set<Deno.Conn>();
  const work = new Set<Promise<void>>();
  const losing = new Set<Deno.Conn>();
  const proxy = {
    url: `redis://${HOST}:${listener.addr.port}`,
    accepted: 0,
    faulty: 0,
    lost: 0,
    fault: undefined as RedisFault | undefined,
    loseAnswers: () => {
      for (const connection of connections) losing.add(connection);
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of connections) end(connection);
      await Promise.all(work);
    },
  };
  keep(accept());
  return proxy;

  async function accept() {
    for await (const client of listener) {
      proxy.accepted++;
      keep(serve(client));
    }
  }

  async function serve(client: Deno.Conn) {
    const server = await Deno.connect({ hostname: HOST, port });
    connections.add(client).add(server);
    const back = pass(server, async (bytes) => {
      if (!losing.delete(server)) return await writeAll(client, bytes);
      proxy.lost++;
      end(client);
    });
    await pass(client, (bytes) => take(client, { bytes, server }));
    end(server);
    await back;
    for (const each of [client, server]) {
      connections.delete(each);
      losing.delete(each);
    }
  }

  async function pass(
    from: Deno.Conn,
    to: (bytes: Uint8Array) => Promise<void>,
  ) {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        await to(buffer.subarray(0, count));
      }
    } catch {
      // One of the two has gone, or the test is over.
    }
    end(from);
  }

  async function take(
    client: Deno.Conn,
    { bytes, server }: { bytes: Uint8Array; server: Deno.Conn },
  ) {
    const { fault } = proxy;
    if (fault === undefined) return await writeAll(server, bytes);
    const commands = countCommands(bytes);
    proxy.faulty += commands;
    if (fault.answer === undefined) return;
    const count = fault.hangsUp ? 1 : commands;
    await writeAll(
      client,
      new TextEncoder().encode(fault.answer.repeat(count)),
    );
    if (fault.hangsUp) end(client);
  }

  function keep(promise: Promise<void>) {
    const kept = promise.catch(() => {}).finally(() => work.delete(kept));
    work.add(kept);
  }
}

/** Each command begins with the line that says how many words it has. */
function countCommands(bytes: Uint8Array): number {
  const text = new TextDecoder("latin1").decode(bytes);
  return [...text.matchAll(/(?:^|\r\n)\*\d+\r\n\$/g)].length;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

function end(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It has ended already.
  }
}
