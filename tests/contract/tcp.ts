import assert from "node:assert/strict";
import type { Connection, Listen } from "../../src/simulator/tcp/connection.ts";

const HERE = { hostname: "127.0.0.1", port: 0, reusePort: false };
/** More than both ends' buffers hold together. */
const MUCH_BYTES = 32_000_000;

/** A connection under test, and the runtime's own at the other end. */
async function openPair(listen: Listen) {
  const listener = listen(HERE);
  const accepted = listener.accept();
  const peer = await Deno.connect({ ...HERE, port: listener.addr.port });
  const connection = await accepted;
  return {
    connection,
    peer,
    [Symbol.dispose]: () => {
      quietly(() => connection.close());
      quietly(() => peer.close());
      listener.close();
    },
  };
}

function quietly(close: () => void): void {
  try {
    close();
  } catch {
    // The test has closed it.
  }
}

function pattern(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 7 + (i >> 8) + seed;
  return bytes;
}

async function writeAll(to: Connection, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += await to.write(bytes.subarray(at));
}

async function readAll(from: Connection, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = await from.read(bytes.subarray(at));
    assert.ok(count !== null, `the end came behind ${at} bytes`);
    at += count;
  }
  return bytes;
}

/** What every way of serving TCP has to do. */
export function testTcp(name: string, listen: Listen) {
  Deno.test(`${name}: bytes come and go as they were sent`, async () => {
    using pair = await openPair(listen);
    pair.connection.setNoDelay(true);
    for (const length of [1, 100, 5000, 70_000]) {
      const sent = writeAll(pair.peer, pattern(length));
      assert.deepEqual(
        await readAll(pair.connection, length),
        pattern(length),
      );
      await sent;
      const back = writeAll(pair.connection, pattern(length, 5));
      assert.deepEqual(await readAll(pair.peer, length), pattern(length, 5));
      await back;
    }
  });

  Deno.test(`${name}: a peer that reads late gets all that was written, in order`, async () => {
    using pair = await openPair(listen);
    const bytes = pattern(MUCH_BYTES);
    const writing = writeAll(pair.connection, bytes);
    // The other direction is open meanwhile.
    await pair.peer.write(Uint8Array.of(1));
    assert.deepEqual(await readAll(pair.connection, 1), Uint8Array.of(1));
    const got = await readAll(pair.peer, bytes.length);
    await writing;
    // Not compared one by one: a difference would be printed whole.
    assert.ok(got.every((byte, i) => byte === bytes[i]));
  });

  Deno.test(`${name}: bytes that nobody asked for wait until somebody does`, async () => {
    using pair = await openPair(listen);
    using other = await openPair(listen);
    await pair.peer.write(pattern(3000));
    // The other pair serves on, and shows that rounds have passed.
    for (let i = 0; i < 3; i++) {
      await other.peer.write(Uint8Array.of(i));
      assert.deepEqual(await readAll(other.connection, 1), Uint8Array.of(i));
    }
    assert.deepEqual(await readAll(pair.connection, 3000), pattern(3000));
    await pair.peer.write(pattern(10, 1));
    assert.deepEqual(await readAll(pair.connection, 10), pattern(10, 1));
  });

  Deno.test(`${name}: the end of the peer's bytes is null, and ours still go`, async () => {
    using pair = await openPair(listen);
    await pair.peer.write(pattern(10));
    await pair.peer.closeWrite();
    assert.deepEqual(await readAll(pair.connection, 10), pattern(10));
    assert.equal(await pair.connection.read(new Uint8Array(10)), null);
    await writeAll(pair.connection, pattern(20));
    assert.deepEqual(await readAll(pair.peer, 20), pattern(20));
  });

  Deno.test(`${name}: a peer that is gone ends reading and writing`, async () => {
    using pair = await openPair(listen);
    await writeAll(pair.connection, pattern(10));
    // Closed over bytes that were not read, which is a reset.
    pair.peer.close();
    const read = pair.connection.read(new Uint8Array(10));
    const end = await read.catch((error) => error);
    assert.ok(end === null || end instanceof Deno.errors.ConnectionReset);
    await assert.rejects(async () => {
      for (;;) await pair.connection.write(pattern(1000));
    });
  });

  Deno.test(`${name}: closing settles what is being read and written`, async () => {
    using pair = await openPair(listen);
    const reading = pair.connection.read(new Uint8Array(10));
    const writing = writeAll(pair.connection, pattern(MUCH_BYTES));
    await readAll(pair.peer, 1000);
    pair.connection.close();
    await assert.rejects(reading);
    await assert.rejects(writing);
    await assert.rejects(() => pair.connection.read(new Uint8Array(10)));
    await assert.rejects(() => pair.connection.write(pattern(10)));
    const rest = new Uint8Array(1_000_000);
    const drained = (async () => {
      while (await pair.peer.read(rest) !== null);
    })();
    await drained.catch(() => {});
  });

  Deno.test(`${name}: connections that came early are accepted, in order`, async () => {
    const listener = listen(HERE);
    const { port } = listener.addr;
    const peers: Deno.TcpConn[] = [];
    for (let i = 0; i < 5; i++) {
      peers.push(await Deno.connect({ ...HERE, port }));
      await peers[i].write(Uint8Array.of(i));
    }
    for (let i = 0; i < 5; i++) {
      const connection = await listener.accept();
      assert.deepEqual(await readAll(connection, 1), Uint8Array.of(i));
      connection.close();
    }
    const waiting = listener.accept();
    listener.close();
    await assert.rejects(waiting, Deno.errors.BadResource);
    for (const peer of peers) peer.close();
    await assert.rejects(() => Deno.connect({ ...HERE, port }));
  });

  Deno.test(`${name}: a port is refused while it is taken, and shared when both say so`, () => {
    const first = listen(HERE);
    const { port } = first.addr;
    assert.throws(() => listen({ ...HERE, port }), Deno.errors.AddrInUse);
    first.close();
    const shared = { ...HERE, reusePort: true };
    const one = listen(shared);
    const two = listen({ ...shared, port: one.addr.port });
    assert.equal(two.addr.port, one.addr.port);
    one.close();
    two.close();
  });
}
