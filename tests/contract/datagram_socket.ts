import assert from "node:assert/strict";
import type {
  OpenDatagramSocket,
  Source,
} from "../../src/net/datagram_socket.ts";

const HOST = "127.0.0.1";

interface Received {
  readonly bytes: Uint8Array;
  readonly from: Source;
}

/** A socket under test, and a plain one that talks to it. */
function openPair(open: OpenDatagramSocket) {
  const received: Received[] = [];
  const waiting: Array<() => void> = [];
  const socket = open(HOST, {
    receive: (datagram, from) => {
      received.push({ bytes: datagram.slice(), from });
      for (const wake of waiting.splice(0)) wake();
    },
  });
  const peer = Deno.listenDatagram({
    hostname: HOST,
    port: 0,
    transport: "udp",
  });
  const to = { transport: "udp", hostname: HOST, port: socket.port } as const;
  return {
    socket,
    peer,
    received,
    send: (bytes: Uint8Array) => peer.send(bytes, to),
    until: async (count: number) => {
      while (received.length < count) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    [Symbol.dispose]: () => {
      socket.close();
      peer.close();
    },
  };
}

function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 255);
}

/** What every way of reading datagrams has to do. */
export function testDatagramSockets(name: string, open: OpenDatagramSocket) {
  for (const length of [0, 1, 319, 320, 640, 1920, 5760, 8000]) {
    Deno.test(`${name}: a datagram of ${length} bytes comes as it was sent, with its source`, async () => {
      using pair = openPair(open);
      await pair.send(pattern(length, 3));
      await pair.until(1);
      assert.deepEqual(pair.received[0].bytes, pattern(length, 3));
      const { host, port } = pair.received[0].from;
      const own = pair.peer.addr as Deno.NetAddr;
      assert.deepEqual({ host, port }, { host: HOST, port: own.port });
    });
  }

  Deno.test(`${name}: a datagram longer than any frame is cut, never taken for one`, async () => {
    using pair = openPair(open);
    await pair.send(pattern(60_000, 1));
    await pair.until(1);
    assert.ok(pair.received[0].bytes.length >= 8000);
    await pair.send(pattern(320, 9));
    await pair.until(2);
    assert.deepEqual(pair.received[1].bytes, pattern(320, 9));
  });

  Deno.test(`${name}: datagrams keep their order and their bytes, many at a time`, async () => {
    using pair = openPair(open);
    for (let i = 0; i < 150; i++) await pair.send(pattern(320, i));
    await pair.until(150);
    pair.received.forEach(({ bytes }, i) =>
      assert.deepEqual(bytes, pattern(320, i))
    );
  });

  Deno.test(`${name}: an answer reaches the source of the datagram, whole`, async () => {
    using pair = openPair(open);
    await pair.send(pattern(320, 1));
    await pair.until(1);
    pair.socket.send(pattern(320, 77), pair.received[0].from);
    const [bytes, from] = await pair.peer.receive();
    assert.deepEqual(new Uint8Array(bytes), pattern(320, 77));
    assert.equal((from as Deno.NetAddr).port, pair.socket.port);
  });

  Deno.test(`${name}: three answers at once from one buffer arrive whole and in order`, async () => {
    using pair = openPair(open);
    await pair.send(pattern(320, 1));
    await pair.until(1);
    const buffer = new Uint8Array(320);
    for (const seed of [10, 20, 30]) {
      buffer.set(pattern(320, seed));
      pair.socket.send(buffer, pair.received[0].from);
    }
    for (const seed of [10, 20, 30]) {
      const [bytes] = await pair.peer.receive();
      assert.deepEqual(new Uint8Array(bytes), pattern(320, seed));
    }
  });

  Deno.test(`${name}: sources are told apart by their port`, async () => {
    using pair = openPair(open);
    const other = Deno.listenDatagram({
      hostname: HOST,
      port: 0,
      transport: "udp",
    });
    const to = {
      transport: "udp",
      hostname: HOST,
      port: pair.socket.port,
    } as const;
    await pair.send(pattern(1, 1));
    await other.send(pattern(1, 2), to);
    await pair.send(pattern(1, 3));
    await pair.until(3);
    const ports = pair.received.map(({ from }) => from.port);
    const own = (pair.peer.addr as Deno.NetAddr).port;
    assert.deepEqual(ports, [own, (other.addr as Deno.NetAddr).port, own]);
    other.close();
  });

  Deno.test(`${name}: a socket that is closed while it takes a datagram takes no other`, async () => {
    const taken: number[] = [];
    const first = Promise.withResolvers<void>();
    const socket = open(HOST, {
      receive: (datagram) => {
        taken.push(datagram[0]);
        socket.close();
        first.resolve();
      },
    });
    const peer = Deno.listenDatagram({
      hostname: HOST,
      port: 0,
      transport: "udp",
    });
    const to = {
      transport: "udp",
      hostname: HOST,
      port: socket.port,
    } as const;
    for (let i = 0; i < 5; i++) await peer.send(Uint8Array.of(i), to);
    await first.promise;
    // Another socket serves on, and shows that a round has passed.
    using pair = openPair(open);
    await pair.send(pattern(1, 1));
    await pair.until(1);
    assert.deepEqual(taken, [0]);
    socket.close();
    peer.close();
  });

  Deno.test(`${name}: a settled socket talks with its source as before, and knows what came of others before`, async () => {
    using pair = openPair(open);
    using other = openPair(open);
    await pair.send(pattern(320, 1));
    await pair.until(1);
    const { from } = pair.received[0];
    // Both wait when the socket is settled.
    other.socket.send(pattern(320, 2), {
      host: HOST,
      port: pair.socket.port,
    });
    pair.socket.settle(from);
    for (let seed = 3; seed < 8; seed++) {
      const before = pair.received.length;
      await pair.send(pattern(320, seed));
      await pair.until(before + 1);
      pair.socket.send(pattern(320, seed), pair.received.at(-1)!.from);
      const [bytes] = await pair.peer.receive();
      assert.deepEqual(new Uint8Array(bytes), pattern(320, seed));
    }
    const own = pair.received.filter((each) => each.from.port === from.port);
    assert.deepEqual(own.map(({ bytes }) => bytes), [
      pattern(320, 1),
      ...[3, 4, 5, 6, 7].map((seed) => pattern(320, seed)),
    ]);
    const [stranger] = pair.received.filter((each) => !own.includes(each));
    assert.equal(stranger.from.port, other.socket.port);
  });

  Deno.test(`${name}: 200 sockets are opened, heard and closed, twice over`, async () => {
    for (let round = 0; round < 2; round++) {
      const pairs = Array.from({ length: 200 }, () => openPair(open));
      assert.equal(new Set(pairs.map(({ socket }) => socket.port)).size, 200);
      for (const [i, pair] of pairs.entries()) await pair.send(pattern(8, i));
      for (const [i, pair] of pairs.entries()) {
        await pair.until(1);
        assert.deepEqual(pair.received[0].bytes, pattern(8, i));
        pair[Symbol.dispose]();
        pair.socket.close();
      }
    }
  });

  Deno.test(`${name}: an address of another machine is refused`, () => {
    assert.throws(() => open("192.0.2.1", { receive() {} }), Error);
  });
}
