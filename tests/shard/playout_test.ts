import assert from "node:assert/strict";
import { createCopyingResampler } from "../../src/audio/copying_resampler.ts";
import { PlayoutRig } from "../support/playout_rig.ts";

Deno.test("a response sounds once 60 ms of it are there", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(2.9);
  assert.equal(rig.ring.queuedFrames, 0);
  rig.push(0.1);
  assert.equal(rig.ring.queuedFrames, 3);
  assert.ok(rig.playout.audible);
});

Deno.test("a response shorter than the prefill sounds when it has ended", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(0.5, 9);
  assert.equal(rig.ring.queuedFrames, 0);
  rig.playout.end();
  const heard = rig.playAll();
  assert.deepEqual(
    heard.subarray(0, 81),
    Int16Array.of(...Array(80).fill(9), 0),
  );
  assert.equal(rig.playout.audible, false);
  assert.deepEqual(rig.underruns, []);
});

Deno.test("eight frames at the most stand in the ring, the rest waits where it can be dropped", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(100);
  assert.equal(rig.ring.queuedFrames, 8);
  rig.play(50);
  assert.equal(rig.ring.queuedFrames, 8);
});

/** Adds frames of a piece's size until something sounds; returns how many pieces that took. */
function fill(rig: PlayoutRig, pieceFrames: number): number {
  for (let pieces = 1;; pieces++) {
    rig.push(pieceFrames);
    if (rig.ring.queuedFrames > 0) return pieces;
    assert.ok(pieces < 1000, "nothing ever sounds");
  }
}

Deno.test("a model that is late underruns once, and refills before it sounds again", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(3);
  assert.deepEqual(rig.play(6).slice(2), [1, undefined, undefined, undefined]);
  assert.deepEqual(rig.underruns, ["model"]);
  assert.equal(rig.ring.missedFrames, 1);
  rig.push(3.9);
  assert.equal(rig.ring.queuedFrames, 0);
  rig.push(0.1);
  assert.equal(rig.ring.queuedFrames, 4);
});

for (
  const [pieceMs, prefillMs] of [
    [5, 80],
    [20, 80],
    [40, 80],
    [60, 80],
    [80, 100],
    [140, 160],
    [380, 400],
    [600, 400],
  ]
) {
  Deno.test(`a model that is late with pieces of ${pieceMs} ms gets a prefill of ${prefillMs} ms`, () => {
    const rig = PlayoutRig.attached();
    rig.playout.begin();
    const frames = fill(rig, pieceMs / 20) * pieceMs / 20;
    rig.play(frames + 1);
    assert.equal(rig.underruns.length, 1);
    assert.equal(fill(rig, 1 / 20), prefillMs);
  });
}

Deno.test("the longest piece is that of the response in which the model was late", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(15);
  rig.playout.end();
  rig.playAll();
  rig.playout.begin();
  rig.push(2);
  rig.push(1);
  rig.play(4);
  assert.equal(rig.underruns.length, 1);
  assert.equal(fill(rig, 1 / 20), 80);
});

Deno.test("a model that speaks in real time is late once, however long it speaks", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(7);
  rig.play(8);
  for (let piece = 0; piece < 100; piece++) {
    rig.push(7);
    rig.play(7);
  }
  assert.deepEqual(rig.underruns, ["model"]);
});

Deno.test("the prefill grows by 20 ms with each underrun to 400 ms and shrinks by 10 ms with each whole response", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  const grown = Array.from({ length: 25 }, () => {
    const pieces = fill(rig, 1);
    rig.play(pieces + 1);
    return pieces;
  });
  const expected = grown.map((_, i) => Math.min(20, 3 + i));
  assert.deepEqual(grown, expected);
  assert.equal(rig.underruns.length, 25);
  for (const prefillMs of [300, 200, 100, 60, 60]) {
    for (let i = 0; i < 10; i++) {
      rig.playout.end();
      rig.playAll();
      rig.playout.begin();
    }
    assert.equal(fill(rig, 1 / 20), prefillMs);
  }
});

Deno.test("a shard that is late underruns as such, and goes on at once", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(20);
  for (let i = 0; i < 11; i++) rig.take();
  rig.playout.pump();
  assert.deepEqual(rig.underruns, ["shard"]);
  assert.equal(rig.ring.missedFrames, 3);
  assert.equal(rig.ring.queuedFrames, 8);
  assert.deepEqual(rig.play(12), Array(12).fill(1));
});

Deno.test("the end of a response is no underrun, however late the shard is", () => {
  const rig = PlayoutRig.attached();
  for (let response = 0; response < 3; response++) {
    rig.playout.begin();
    rig.push(4);
    rig.playout.end();
    for (let i = 0; i < 20; i++) rig.take();
    rig.playout.pump();
    assert.equal(rig.playout.audible, false);
  }
  assert.equal(rig.ring.missedFrames, 0);
  assert.deepEqual(rig.underruns, []);
});

Deno.test("the last frame of a response is announced before it is there", () => {
  const rig = PlayoutRig.attached();
  const streaming: boolean[] = [];
  const publish = rig.ring.publish.bind(rig.ring);
  rig.ring.publish = () => {
    streaming.push(rig.streaming);
    publish();
  };
  rig.playout.begin();
  rig.push(8);
  rig.playout.end();
  rig.playAll();
  assert.deepEqual(streaming, [...Array(8).fill(true), false]);
});

Deno.test("each response begins on a frame's border", () => {
  const rig = PlayoutRig.attached();
  for (const value of [3, 4, 5]) {
    rig.playout.begin();
    rig.push(2.3, value);
    rig.playout.end();
  }
  const heard = rig.playAll();
  assert.equal(heard.length % 160, 0);
  for (const value of [3, 4, 5]) {
    const first = heard.indexOf(value);
    assert.equal(first % 160, 0);
    assert.equal(heard.lastIndexOf(value) - first + 1, 2.3 * 160);
  }
});

Deno.test("a response that begins before the last one was ended ends it", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(2.5, 3);
  rig.playout.begin();
  rig.push(2, 4);
  rig.playout.end();
  rig.playout.end();
  const heard = rig.playAll();
  assert.equal(heard.filter((sample) => sample === 3).length, 2.5 * 160);
  assert.equal(heard.indexOf(4) % 160, 0);
});

Deno.test("a flush drops all that was not heard, and the next response is whole", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(50, 1);
  rig.play(7);
  rig.playout.flush();
  assert.equal(rig.playout.audible, false);
  assert.equal(rig.playout.settled, false);
  assert.equal(rig.take(), undefined);
  assert.ok(rig.playout.settled);
  assert.equal(rig.ring.missedFrames, 0);
  rig.playout.begin();
  rig.push(3, 2);
  rig.playout.end();
  const heard = rig.playAll();
  assert.deepEqual(heard.subarray(0, 480), new Int16Array(480).fill(2));
  assert.deepEqual(rig.underruns, []);
});

Deno.test("a response that begins before the leg has obeyed the flush is whole", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(50, 1);
  rig.playout.flush();
  rig.playout.begin();
  rig.push(6, 2);
  rig.playout.end();
  assert.equal(rig.playAll().filter((sample) => sample === 1).length, 0);
  assert.equal(rig.ring.readIndex, rig.ring.writeIndex);
});

for (
  const [frameMs, depth] of [[10, 16], [20, 8], [30, 6], [40, 4], [60, 3]]
) {
  for (const rateHz of [8000, 48_000]) {
    Deno.test(`frames of ${frameMs} ms at ${rateHz} Hz sound once 60 ms are there, and 160 ms of them stand in the ring`, () => {
      const rig = PlayoutRig.attached(createCopyingResampler(rateHz), frameMs);
      const prefill = 60 / frameMs;
      rig.playout.begin();
      rig.push(prefill - 0.1);
      assert.equal(rig.ring.queuedFrames, 0);
      rig.push(0.1);
      assert.equal(rig.ring.queuedFrames, Math.floor(prefill));
      rig.push(50);
      assert.equal(rig.ring.queuedFrames, depth);
      rig.play(20);
      assert.equal(rig.playout.heardMs, 20 * frameMs);
      // A barge-in drops all of it, and another answer finds room before the leg has jumped.
      rig.playout.flush();
      rig.playout.begin();
      rig.push(2 * prefill);
      assert.ok(rig.ring.queuedFrames > 0);
      assert.equal(rig.ring.refusedFrames, 0);
      assert.ok(rig.take() !== undefined);
      assert.deepEqual(rig.underruns, []);
    });
  }
}
