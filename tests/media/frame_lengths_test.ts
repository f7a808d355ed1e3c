import assert from "node:assert/strict";
import { until } from "../support/fake_timers.ts";
import { frameNumbers, UnicastRig } from "../support/unicast_rig.ts";

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i);

for (const rateHz of [8000, 16_000, 48_000]) {
  for (const frameMs of [10, 20, 30, 40, 60]) {
    Deno.test(`frames of ${frameMs} ms at ${rateHz} Hz pass both ways by datagrams`, async () => {
      using rig = new UnicastRig({ rateHz, frameMs });
      assert.equal(rig.say(4), 4);
      await rig.speak(10);
      await rig.peer.drained();
      assert.deepEqual(rig.hear(), range(0, 10));
      const received = rig.peer.received.slice(0, 4);
      assert.deepEqual(frameNumbers(received), range(0, 4));
      assert.equal(received[0].length, 2 * rateHz * frameMs / 1000);
      const { uplinkFrames, downlinkFrames, ...faults } = rig.leg.counts;
      assert.deepEqual([uplinkFrames, downlinkFrames], [10, 4]);
      assert.ok(Object.values(faults).every((count) => count === 0));
    });
  }
}

for (const frameMs of [10, 30, 40, 60]) {
  Deno.test(`a frame of another length than ${frameMs} ms is dropped and counted`, async () => {
    using rig = new UnicastRig({ frameMs });
    await rig.speak(1);
    await rig.peer.send(new Uint8Array(320));
    await until(() => rig.leg.counts.wrongSize === 1);
    assert.deepEqual(rig.hear(), [0]);
  });

  Deno.test(`an uplink of ${frameMs} ms is not silent: each of its frames is answered with one`, async () => {
    using rig = new UnicastRig({ frameMs });
    for (let i = 0; i < 40; i++) {
      rig.say(1);
      await rig.speak(1);
    }
    await rig.peer.drained();
    assert.deepEqual(frameNumbers(rig.peer.received), range(0, 40));
    assert.equal(rig.leg.counts.concealed, 0);
  });

  Deno.test(`frames of ${frameMs} ms that come up to 35 ms late are all answered`, async () => {
    using rig = new UnicastRig({ frameMs });
    let nowMs = 0;
    for (let i = 0; i < 40; i++) {
      rig.say(1);
      const atMs = i * frameMs + [0, 35, 10, 25][i % 4];
      await rig.timers.pass(Math.max(0, atMs - nowMs));
      nowMs = Math.max(nowMs, atMs);
      await rig.peer.sendFrame(i);
      await until(() => rig.leg.counts.uplinkFrames === i + 1);
    }
    await rig.peer.drained();
    assert.deepEqual(frameNumbers(rig.peer.received), range(0, 40));
  });

  Deno.test(`while FreeSWITCH sends nothing our clock paces frames of ${frameMs} ms both ways`, async () => {
    using rig = new UnicastRig({ frameMs });
    await rig.speak(5);
    await rig.sayFor(1200);
    const frames = 1200 / frameMs;
    const { concealed, downlinkFrames } = rig.leg.counts;
    const behind = frames - concealed;
    assert.ok(behind >= 1 && behind <= 100 / frameMs + 2, `${behind} behind`);
    const unsaid = frames - downlinkFrames;
    assert.ok(unsaid >= 0 && unsaid <= 60 / frameMs + 1, `${unsaid} unsaid`);
  });

  Deno.test(`what comes at once after a pause is all heard, and little of it is answered at once, in frames of ${frameMs} ms`, async () => {
    using rig = new UnicastRig({ frameMs });
    await rig.speak(1);
    rig.say(5);
    rig.timers.sleep(600);
    const late = 600 / frameMs;
    for (let i = 1; i <= late; i++) await rig.peer.sendFrame(i);
    await until(() => rig.leg.counts.uplinkFrames === 1 + late);
    await rig.peer.drained();
    // One, and as many more as 40 ms have.
    const most = 1 + Math.floor(40 / frameMs);
    assert.equal(rig.peer.received.length, Math.min(5, most));
    assert.deepEqual(rig.hear(), range(0, 1 + late));
  });

  Deno.test(`a flood of frames of ${frameMs} ms is cut after 2.56 s of them`, async () => {
    using rig = new UnicastRig({ frameMs });
    const total = () => rig.leg.counts.uplinkFrames + rig.leg.counts.flood;
    for (let sent = 0; sent < 300;) {
      for (let i = 0; i < 20; i++) await rig.peer.sendFrame(sent++);
      await until(() => total() === sent);
    }
    assert.equal(rig.leg.counts.uplinkFrames, Math.floor(2560 / frameMs));
  });
}
