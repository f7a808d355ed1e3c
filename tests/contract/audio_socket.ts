import assert from "node:assert/strict";
import type {
  AudioSocket,
  OpenAudioSocket,
} from "../../src/simulator/freeswitch/audio_socket.ts";

const HOST = "127.0.0.1";

/** A leg's socket under test, and the application that it talks to. */
function openPair(open: OpenAudioSocket) {
  const application = Deno.listenDatagram({
    hostname: HOST,
    port: 0,
    transport: "udp",
  });
  const taken: Uint8Array[] = [];
  let failures = 0;
  let wake = () => {};
  const socket = open({
    localHost: HOST,
    localPort: 0,
    remoteHost: HOST,
    remotePort: (application.addr as Deno.NetAddr).port,
  }, {
    take: (datagram) => {
      taken.push(datagram.slice());
      wake();
    },
    failed: () => void failures++,
  });
  const to = { transport: "udp", hostname: HOST, port: socket.port } as const;
  return {
    socket,
    application,
    taken,
    failures: () => failures,
    send: (bytes: Uint8Array) => application.send(bytes, to),
    until: async (count: number) => {
      while (taken.length < count) {
        await new Promise<void>((resolve) => wake = resolve);
      }
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
    const frame = new Uint8Array(320);
    for (let i = 0; i < 100; i++) pair.socket.send(frame.fill(i));
    for (let i = 0; i < 100; i++) {
      const [datagram] = await pair.application.receive(new Uint8Array(4096));
      assert.deepEqual(datagram, new Uint8Array(320).fill(i));
    }
    assert.equal(pair.socket.full, false);
    assert.equal(pair.failures(), 0);
  });

  Deno.test(`${name}: datagrams of any length are taken, in order, from whoever sends`, async () => {
    await using pair = openPair(open);
    const lengths = [320, 0, 160, 322, 1920, 3000, 1];
    for (const length of lengths) await pair.send(new Uint8Array(length));
    await pair.until(lengths.length);
    assert.deepEqual(pair.taken.map(({ length }) => length), lengths);
  });

  Deno.test(`${name}: a port that is taken is refused`, async () => {
    await using pair = openPair(open);
    const target = {
      localHost: HOST,
      localPort: pair.socket.port,
      remoteHost: HOST,
      remotePort: 9,
    };
    const events = { take: () => {}, failed: () => {} };
    assert.throws(() => open(target, events), Error);
  });

  Deno.test(`${name}: nothing is taken or sent behind the close, which may be repeated`, async () => {
    await using pair = openPair(open);
    await pair.send(Uint8Array.of(1));
    await pair.until(1);
    await pair.socket.close();
    await pair.socket.close();
    await pair.send(Uint8Array.of(2));
    // Another socket serves on, and shows that a round has passed.
    await using other = openPair(open);
    await other.send(Uint8Array.of(3));
    await other.until(1);
    assert.deepEqual(pair.taken, [Uint8Array.of(1)]);
    assert.equal(pair.failures(), 0);
  });

  Deno.test(`${name}: IPv6 is spoken too`, async () => {
    const application = Deno.listenDatagram({
      hostname: "::1",
      port: 0,
      transport: "udp",
    });
    const { port: remotePort } = application.addr as Deno.NetAddr;
    const target = { localHost: "::1", localPort: 0, remoteHost: "::1" };
    const socket: AudioSocket = open(
      { ...target, remotePort },
      { take: () => {}, failed: () => {} },
    );
    socket.send(Uint8Array.of(7));
    const [datagram] = await application.receive();
    assert.deepEqual(new Uint8Array(datagram), Uint8Array.of(7));
    await socket.close();
    application.close();
  });
}
