import assert from "node:assert/strict";
import { PlayoutRig } from "../support/playout_rig.ts";

Deno.test("what was heard of a response is exact to the frame while it is played", () => {
  const rig = PlayoutRig.attached();
  assert.equal(rig.playout.heardMs, 0);
  rig.playout.begin();
  rig.push(10);
  for (let frame = 1; frame <= 10; frame++) {
    assert.equal(rig.playout.heardMs, (frame - 1) * 20);
    rig.play(1);
  }
  assert.equal(rig.playout.heardMs, 200);
});

for (const heard of [0, 1, 4, 7]) {
  Deno.test(`a response flushed after ${heard} frames was heard for ${heard * 20} ms, before and after the leg obeys`, () => {
    const rig = PlayoutRig.attached();
    rig.playout.begin();
    rig.push(30);
    rig.play(heard);
    rig.playout.flush();
    assert.equal(rig.playout.heardMs, heard * 20);
    rig.take();
    assert.equal(rig.playout.heardMs, heard * 20);
  });
}

Deno.test("frames that the leg takes before it sees the flush were heard", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(30);
  rig.play(2);
  rig.playout.flush();
  const before = rig.ring.readIndex;
  assert.equal(rig.playout.heardMs, before * 20);
  rig.take();
  assert.equal(rig.playout.heardMs, 40);
});

Deno.test("the next response after a flush is counted from its own start", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(30);
  rig.play(4);
  rig.playout.flush();
  rig.playout.begin();
  assert.equal(rig.playout.heardMs, 0);
  rig.push(5);
  assert.equal(rig.playout.heardMs, 0);
  rig.play(3);
  assert.equal(rig.playout.heardMs, 60);
  rig.playout.flush();
  assert.equal(rig.playout.heardMs, 60);
});

Deno.test("a response that waits behind another is not heard yet", () => {
  const rig = PlayoutRig.attached();
  rig.playout.begin();
  rig.push(10);
  rig.playout.end();
  rig.playout.begin();
  rig.push(10, 2);
  rig.play(11);
  assert.equal(rig.playout.heardMs, 0);
  assert.deepEqual(rig.play(2), [2, 2]);
  assert.equal(rig.playout.heardMs, 40);
});

Deno.test("what was heard in all counts every response and nothing that was dropped", () => {
  const rig = PlayoutRig.attached();
  assert.equal(rig.playout.heardInAllMs, 0);
  rig.playout.begin();
  rig.push(10);
  rig.playout.end();
  rig.playout.begin();
  rig.push(30);
  rig.play(15);
  rig.playout.flush();
  assert.equal(rig.playout.heardInAllMs, 300);
  rig.take();
  assert.equal(rig.playout.heardInAllMs, 300);
  rig.playout.begin();
  rig.push(5);
  rig.play(2);
  assert.equal(rig.playout.heardInAllMs, 340);
});
