import assert from "node:assert/strict";
import type {
  OpenAudioSocket,
} from "../../src/simulator/freeswitch/audio_socket.ts";

const HOST = "127.0.0.1";
const FRAME_BYTES = 320;

const NO_EVENTS = { arrived: () => {}, lost: () => {}, failed: () => {} };

/** A leg's socket under test, and the application that it talks to. */
function openPair(open: OpenAudioSocket) {
  const application = Deno.listenDatagram({
    hostname: HOST,
    port: 0,
    transport: "udp",
  });
  const arrivals: { readonly bytes: Uint8Array; readonly timeMs: number }[] =
    [];
  const counts = { failed: 0, lost: 0 };
  const socket = open({
    target: {
      localHost: HOST,
      localPort: 0,
      remoteHost: HOST,
      remotePort: (application.addr as Deno.NetAddr).port,
    },
    frameBytes: FRAME_BYTES,
    events: {
      arrived: (datagram, { timeMs }) =>
        arrivals.push({ bytes: datagram.slice(), timeMs }),
      lost: () => void counts.lost++,
      failed: () => void counts.failed++,
    },
  });
  const to = { transport: "udp", hostname: HOST, port: socket.port } as const;
  return {
    socket,
    application,
    arrivals,
    counts,
    send: (bytes: Uint8Array) => application.send(bytes, to),
    /** Takes so many datagrams; each with its length and as much of it as fits. */
    take: async (count: number) => {
      const taken: { length: number; frame: Uint8Array }[] = [];
      while (taken.length < count) {
        const frame = new Uint8Array(FRAME_BYTES);
        const length = socket.take(frame, performance.now());
        if (length >= 0) taken.push({ length, frame });
        else await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return taken;
    },
    async [Symbol.asyncDispose]() {
      await socket.close();
      application.close();
    },
  };
}

/** What every socket of a simulated audio leg has to do. */
export function testAudioSockets(name: string, open: OpenAudioSocket) {
  Deno.test(`${name}: frames from one buffer leave whole and in order`, async () => {
    await using pair = openPair(open);
    const frame = new Uint8Array(FRAME_BYTES);
    for (let i = 0; i < 100; i++) pair.socket.send(frame.fill(i));
    for (let i = 0; i < 100; i++) {
      const [datagram] = await pair.application.receive(new Uint8Array(4096));
      assert.deepEqual(datagram, new Uint8Array(FRAME_BYTES).fill(i));
    }
    assert.equal(pair.socket.full, false);
    assert.deepEqual(pair.counts, { failed: 0, lost: 0 });
  });

  Deno.test(`${name}: datagrams of any length are taken, in order, with their length`, async () => {
    await using pair = openPair(open);
    const lengths = [320, 0, 160, 322, 1920, 3000, 1];
    for (const [i, length] of lengths.entries()) {
      await pair.send(new Uint8Array(length).fill(i + 1));
    }
    const taken = await pair.take(lengths.length);
    assert.deepEqual(taken.map(({ length }) => length), lengths);
    taken.forEach(({ length, frame }, i) => {
      const fits = frame.subarray(0, Math.min(length, FRAME_BYTES));
      assert.ok(fits.every((byte) => byte === i + 1));
    });
    assert.equal(pair.socket.take(new Uint8Array(FRAME_BYTES), 0), -1);
    assert.equal(pair.arrivals.length, lengths.length);
  });

  Deno.test(`${name}: a datagram that waits has the time at which it came`, async () => {
    await using pair = openPair(open);
    let lateMs = Infinity;
    // The kernel begins to note times a moment after it was asked to.
    for (let tries = 0; tries < 50 && lateMs > 1; tries++) {
      await pair.send(Uint8Array.of(tries));
      const afterMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await pair.take(1);
      lateMs = pair.arrivals[tries].timeMs - afterMs;
    }
    assert.ok(lateMs <= 1 && lateMs > -50, `${lateMs}`);
  });

  Deno.test(`${name}: what waits is forgotten when it is cleared`, async () => {
    await using pair = openPair(open);
    for (let i = 0; i < 5; i++) await pair.send(Uint8Array.of(i));
    let cleared = 0;
    while (cleared < 5) {
      cleared += pair.socket.clear(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal(cleared, 5);
    await pair.send(Uint8Array.of(9));
    const [{ frame }] = await pair.take(1);
    assert.equal(frame[0], 9);
  });

  Deno.test(`${name}: a port that is taken is refused`, async () => {
    await using pair = openPair(open);
    const target = {
      localHost: HOST,
      localPort: pair.socket.port,
      remoteHost: HOST,
      remotePort: 9,
    };
    const options = { target, frameBytes: FRAME_BYTES, events: NO_EVENTS };
    assert.throws(() => open(options), Error);
  });

  Deno.test(`${name}: nothing is taken or sent behind the close, which may be repeated`, async () => {
    await using pair = openPair(open);
    await pair.send(Uint8Array.of(1));
    await pair.take(1);
    await pair.socket.close();
    await pair.socket.close();
    await pair.send(Uint8Array.of(2));
    pair.socket.send(new Uint8Array(FRAME_BYTES));
    assert.equal(pair.socket.take(new Uint8Array(FRAME_BYTES), 0), -1);
    assert.deepEqual(pair.counts, { failed: 0, lost: 0 });
  });
}
