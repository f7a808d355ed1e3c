import assert from "node:assert/strict";
import {
  type ByteStream,
  listenTo,
  type OpenStream,
} from "../../src/model/byte_stream.ts";
import { until } from "../support/fake_timers.ts";
import { between, printedRandom } from "../support/seeded_random.ts";

const HOST = "127.0.0.1";

function listen(): Deno.TcpListener {
  return Deno.listen({ hostname: HOST, port: 0 });
}

/** The address of a listener, as a model's. */
function urlOf(listener: Deno.TcpListener): URL {
  return new URL(`ws://${HOST}:${(listener.addr as Deno.NetAddr).port}/x?y=z`);
}

/** A stream under test and the other end of it. */
async function openPair(open: OpenStream) {
  const listener = listen();
  const [stream, peer] = await Promise.all([
    open(urlOf(listener), () => {}),
    listener.accept(),
  ]);
  listener.close();
  return { stream, peer };
}

async function readAll(stream: ByteStream, most: number): Promise<Uint8Array> {
  const all: number[] = [];
  const buffer = new Uint8Array(most);
  for (;;) {
    const count = await stream.read(buffer);
    if (count === null) return Uint8Array.from(all);
    for (const byte of buffer.subarray(0, count)) all.push(byte);
  }
}

async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await stream.write(bytes.subarray(at));
  }
}

function pattern(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8));
}

/** What every way to a model's host has to do. */
export function testByteStreams(name: string, open: OpenStream) {
  Deno.test(`${name}: bytes come as they were sent, whatever the pieces, and then the end`, async () => {
    const random = printedRandom(`${name} pieces`);
    const { stream, peer } = await openPair(open);
    const sent = pattern(50_000);
    const reading = readAll(stream, 4096);
    for (let at = 0; at < sent.length;) {
      const piece = sent.subarray(at, at + between(random, 1, 9000));
      at += await peer.write(piece);
    }
    peer.close();
    assert.deepEqual(await reading, sent);
    stream.close();
  });

  Deno.test(`${name}: more than the system takes at once arrives whole at a peer that begins late`, async () => {
    const { stream, peer } = await openPair(open);
    const sent = pattern(8_000_000);
    const writing = writeAll(stream, sent);
    let at = 0;
    const buffer = new Uint8Array(100_000);
    while (at < sent.length) {
      const count = await peer.read(buffer);
      assert.ok(count !== null, "it ended early");
      const same = buffer.subarray(0, count).every((byte, i) =>
        byte === sent[at + i]
      );
      assert.ok(same, `bytes from ${at} on differ`);
      at += count;
    }
    await writing;
    stream.close();
    assert.equal(await peer.read(buffer), null);
    peer.close();
  });

  Deno.test(`${name}: who listens is given all, and the end; or as much as is wanted`, async () => {
    const { stream, peer } = await openPair(open);
    const sent = pattern(200_000);
    const got: number[] = [];
    const all = listenTo(stream, (bytes) => {
      for (const byte of bytes) got.push(byte);
      return true;
    });
    for (let at = 0; at < sent.length;) {
      at += await peer.write(sent.subarray(at));
    }
    peer.close();
    await all;
    assert.deepEqual(Uint8Array.from(got), sent);
    stream.close();

    const other = await openPair(open);
    await other.peer.write(pattern(10));
    await listenTo(other.stream, () => false);
    await other.peer.write(pattern(10));
    const fault = new Error("enough");
    const throwing = listenTo(other.stream, () => {
      throw fault;
    });
    await assert.rejects(throwing, fault);
    other.stream.close();
    other.peer.close();
  });

  Deno.test(`${name}: it speaks and listens at the same time`, async () => {
    const { stream, peer } = await openPair(open);
    const echo = peer.readable.pipeTo(peer.writable);
    const sent = pattern(300_000);
    const buffer = new Uint8Array(sent.length);
    const writing = writeAll(stream, sent);
    let got = 0;
    while (got < sent.length) {
      got += await stream.read(buffer.subarray(got)) ?? assert.fail("ended");
    }
    await writing;
    assert.deepEqual(buffer, sent);
    stream.close();
    await echo.catch(() => {});
  });

  Deno.test(`${name}: a host that refuses is an error`, async () => {
    const listener = listen();
    const url = urlOf(listener);
    listener.close();
    await assert.rejects(open(url, () => {}), /refused/i);
  });

  Deno.test(`${name}: a peer that resets ends what waits, and what comes after`, async () => {
    const { stream, peer } = await openPair(open);
    // Unread bytes make the system reset instead of ending.
    await writeAll(stream, pattern(1000));
    const buffer = new Uint8Array(10);
    const reading = stream.read(buffer).then(
      (count) => count ?? "ended",
      () => "broken",
    );
    peer.close();
    assert.notEqual(typeof await reading, "number");
    const writing = async () => {
      for (let i = 0; i < 1000; i++) await writeAll(stream, pattern(10_000));
    };
    await assert.rejects(writing());
    stream.close();
  });

  Deno.test(`${name}: closing ends what waits, may be done twice, and the peer sees it`, async () => {
    const { stream, peer } = await openPair(open);
    const reading = assert.rejects(stream.read(new Uint8Array(10)));
    stream.close();
    await reading;
    try {
      stream.close();
    } catch (error) {
      // The runtime's own connections mind.
      assert.ok(error instanceof Deno.errors.BadResource);
    }
    assert.equal(await peer.read(new Uint8Array(10)), null);
    await assert.rejects(stream.read(new Uint8Array(10)));
    peer.close();
  });

  Deno.test(`${name}: a write that waits ends with the stream`, async () => {
    const { stream, peer } = await openPair(open);
    let waits = false;
    const writing = (async () => {
      for (;;) {
        const taken = stream.write(pattern(100_000));
        const timer = setTimeout(() => waits = true, 50);
        await taken.finally(() => clearTimeout(timer));
      }
    })();
    const ended = assert.rejects(writing);
    await until(() => waits);
    stream.close();
    await ended;
    peer.close();
  });

  Deno.test(`${name}: fifty come and go at once, each with its own bytes`, async () => {
    const pairs = await Promise.all(
      Array.from({ length: 50 }, () => openPair(open)),
    );
    await Promise.all(pairs.map(async ({ stream, peer }, i) => {
      await peer.write(Uint8Array.of(i));
      const buffer = new Uint8Array(10);
      assert.equal(await stream.read(buffer), 1);
      assert.equal(buffer[0], i);
      stream.close();
      peer.close();
    }));
  });
}
