import assert from "node:assert/strict";
import { createKernelAudio } from "../../../src/simulator/freeswitch/kernel_audio_socket.ts";
import { openRuntimeSocket } from "../../../src/simulator/freeswitch/runtime_audio_socket.ts";
import { createStage } from "./fixtures.ts";
import { executeCommand, unicastCommand } from "./scripted_application.ts";
import { frameOf, startTalk } from "./talk.ts";

/** Where no C library may be loaded, both are the runtime's. */
const openKernelAudio = createKernelAudio();
const KINDS = [
  { kind: "the runtime's sockets", openAudio: openRuntimeSocket, isSeen: true },
  {
    kind: "the kernel's queue",
    openAudio: openKernelAudio,
    isSeen: openKernelAudio === undefined,
  },
];

Deno.test("a silent caller sends 0xFF, a speaking one its samples, one frame each 20 ms", async () => {
  await using talk = await startTalk({
    speech: (frame, index) => {
      if (index === 0) return false;
      frame.fill(1000 + index);
      return true;
    },
  });
  talk.ticks(3);
  assert.deepEqual(await talk.receive(), new Uint8Array(320).fill(0xff));
  assert.deepEqual(await talk.receive(), frameOf(1001));
  assert.deepEqual(await talk.receive(), frameOf(1002));
  assert.equal(talk.call.stats.framesSent, 3);
  assert.equal(talk.call.stats.firstSentMs, 40);
  talk.ticks(100);
  assert.equal(talk.call.stats.framesSent, 103);
});

Deno.test("each codec and frame time has its own datagram size", async () => {
  const sizes = [
    [{ name: "PCMU", rateHz: 8000, frameMs: 20 }, 320],
    [{ name: "PCMA", rateHz: 8000, frameMs: 30 }, 480],
    [{ name: "G722", rateHz: 16_000, frameMs: 20 }, 640],
    [{ name: "opus", rateHz: 48_000, frameMs: 20 }, 1920],
    [{ name: "opus", rateHz: 48_000, frameMs: 60 }, 5760],
  ] as const;
  for (const [codec, lengthBytes] of sizes) {
    await using talk = await startTalk({ codec });
    talk.clock.advance(20);
    assert.equal((await talk.receive()).length, lengthBytes);
  }
});

for (const { kind, ...setting } of KINDS) {
  Deno.test(`${kind}: the caller hears one frame a tick, in order, and nothing in between`, async () => {
    await using talk = await startTalk({}, setting);
    talk.ticks(1);
    await talk.receive();
    await talk.send(frameOf(1));
    await talk.send(frameOf(2));
    talk.ticks(3);
    assert.deepEqual(talk.heard, [undefined, 1, 2, undefined]);
    const { stats } = talk.call;
    assert.equal(stats.framesHeard, 2);
    assert.equal(stats.underruns, 2);
    assert.equal(stats.longestQueue, setting.isSeen ? 1 : 0);
    assert.equal(stats.firstHeardMs, 60);
  });

  Deno.test(`${kind}: a burst of 400 frames is heard for 166 frame times, the rest is lost`, async () => {
    await using talk = await startTalk({}, setting);
    talk.ticks(1);
    await talk.receive();
    for (let index = 1; index <= 400; index++) await talk.send(frameOf(index));
    assert.equal(talk.call.stats.lost, setting.isSeen ? 234 : 0);
    talk.ticks(200);
    const heard = talk.heard.filter((sample) => sample !== undefined);
    assert.deepEqual(heard, Array.from({ length: 166 }, (_, at) => at + 1));
  });
}

Deno.test("send_silence_when_idle fills the gaps", async () => {
  await using talk = await startTalk({
    variables: { send_silence_when_idle: "400" },
  });
  talk.ticks(2);
  assert.deepEqual(talk.heard, [0, 0]);
  assert.equal(talk.call.stats.silences, 2);
});

Deno.test("frames of a wrong size are heard damaged and counted", async () => {
  await using talk = await startTalk();
  talk.ticks(1);
  await talk.receive();
  await talk.send(frameOf(5, 80));
  await talk.send(frameOf(6, 161));
  talk.ticks(2);
  const { stats } = talk.call;
  assert.deepEqual(talk.heard.slice(1), [5, 6]);
  assert.deepEqual([stats.wrongSize, stats.corrupted, stats.oversized], [
    2,
    1,
    1,
  ]);
});

Deno.test("an empty datagram kills the direction for good", async () => {
  await using talk = await startTalk();
  talk.ticks(1);
  await talk.receive();
  await talk.send(new Uint8Array(0));
  await talk.send(frameOf(7));
  talk.ticks(5);
  assert.equal(talk.call.stats.killed, true);
  assert.deepEqual(talk.heard.filter((sample) => sample !== undefined), []);
});

Deno.test("uuid_pause drops the queue when frame times pass before it ends", async () => {
  await using talk = await startTalk();
  const { uuid } = talk.call;
  talk.ticks(1);
  await talk.receive();
  await talk.send(frameOf(1));
  await talk.send(frameOf(2));
  await talk.connection.ask(`api uuid_pause ${uuid} on`);
  await talk.connection.ask(`api uuid_pause ${uuid} off`);
  talk.ticks(1);
  assert.deepEqual(talk.heard, [undefined, 1]);
  await talk.connection.ask(`api uuid_pause ${uuid} on`);
  talk.ticks(3);
  await talk.connection.ask(`api uuid_pause ${uuid} off`);
  await talk.send(frameOf(3));
  talk.ticks(1);
  assert.equal(talk.heard.at(-1), 3);
  assert.equal(talk.call.stats.dropped, 1);
});

Deno.test("a playback ends unicast silently and for good", async () => {
  await using talk = await startTalk();
  talk.ticks(1);
  await talk.connection.ask(executeCommand("playback", "tone_stream://"));
  await talk.clock.timerOf(20);
  talk.clock.advance(20);
  await talk.connection.event("CHANNEL_EXECUTE");
  const { framesSent } = talk.call.stats;
  talk.ticks(50);
  assert.equal(talk.call.stats.framesSent, framesSent);
  assert.match(talk.stage.machine.violations[0].what, /playback/);
});

Deno.test("a second unicast is a violation and ends the first", async () => {
  await using talk = await startTalk();
  talk.ticks(1);
  await talk.connection.ask(unicastCommand(40_000));
  await talk.clock.timerOf(20);
  talk.clock.advance(20);
  await talk.connection.ask(executeCommand("set", "a=1"));
  const { framesSent } = talk.call.stats;
  talk.ticks(10);
  assert.equal(talk.call.stats.framesSent, framesSent);
  assert.match(talk.stage.machine.violations[0].what, /twice/);
});

Deno.test("a dead line sends nothing and hears, a paused channel does neither", async () => {
  await using talk = await startTalk();
  talk.call.fault.uplinkSilent = true;
  talk.ticks(5);
  assert.equal(talk.call.stats.framesSent, 0);
  assert.equal(talk.heard.length, 5);
  talk.call.fault.uplinkSilent = false;
  talk.call.fault.paused = true;
  talk.ticks(5);
  assert.equal(talk.heard.length, 5);
  talk.call.fault.paused = false;
  talk.ticks(1);
  assert.equal(talk.call.stats.framesSent, 1);
});

Deno.test("audio ends with its application and the next one starts it afresh", async () => {
  await using talk = await startTalk({}, { sockets: 2 });
  talk.ticks(1);
  await talk.receive();
  talk.call.cutConnection();
  // The dialplan's next action follows after 20 ms.
  await talk.clock.nextTimerOf(20);
  const { framesSent } = talk.call.stats;
  talk.ticks(3);
  assert.equal(talk.call.stats.framesSent, framesSent);
  const connection = await talk.stage.application.acceptCall();
  await connection.ask(unicastCommand(talk.port));
  await talk.clock.timerOf(20);
  talk.clock.advance(20);
  await talk.clock.timerOf(20);
  talk.ticks(1);
  await talk.receive();
  assert.equal(talk.call.stats.framesSent, framesSent + 1);
  assert.deepEqual(talk.stage.machine.violations, []);
});

Deno.test("the real clock paces 50 datagrams a second", async () => {
  await using stage = createStage();
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  try {
    stage.machine.placeCall(stage.call());
    const connection = await stage.application.acceptCall();
    await connection.ask(unicastCommand((socket.addr as Deno.NetAddr).port));
    const buffer = new Uint8Array(4096);
    await socket.receive(buffer);
    const startMs = performance.now();
    for (let count = 0; count < 50; count++) await socket.receive(buffer);
    const elapsedMs = performance.now() - startMs;
    // A busy computer delays single datagrams; the rate stays.
    const { largestMs } = stage.machine.lateness();
    assert.ok(
      Math.abs(elapsedMs - 1000) < 20 + largestMs,
      `50 datagrams took ${elapsedMs} ms, own lateness ${largestMs} ms`,
    );
  } finally {
    socket.close();
  }
});
