import assert from "node:assert/strict";
import { FrameQueue } from "../../../src/simulator/freeswitch/frame_queue.ts";
import { Pacer } from "../../../src/simulator/freeswitch/pacer.ts";
import { FakeClock } from "./fixtures.ts";

function count(intervalMs: number, dueMs: number) {
  const times: number[] = [];
  return {
    intervalMs,
    dueMs,
    times,
    tick: (nowMs: number) => times.push(nowMs),
  };
}

Deno.test("each member ticks at its own interval and phase", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const twenty = count(20, clock.nowMs() + 3);
  const thirty = count(30, clock.nowMs() + 7);
  pacer.add(twenty);
  pacer.add(thirty);
  clock.advance(60_000);
  assert.equal(twenty.times.length, 3000);
  assert.equal(thirty.times.length, 2000);
  assert.deepEqual(twenty.times.slice(0, 2), [1003, 1023]);
  assert.ok(pacer.lateness().largestMs <= 1);
  pacer.close();
});

Deno.test("timers that fire late delay ticks and never change their number", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const member = count(20, clock.nowMs());
  pacer.add(member);
  for (let round = 0; round < 100; round++) clock.stall(37);
  assert.equal(member.times.length, Math.floor(3700 / 20) + 1);
  const lateness = pacer.lateness();
  assert.ok(lateness.largestMs >= 30 && lateness.largestMs <= 37);
  assert.ok(lateness.lateTicks > 0);
  assert.equal(lateness.skippedTicks, 0);
  pacer.close();
});

Deno.test("after a long standstill ticks are given up and counted", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const member = count(20, clock.nowMs());
  pacer.add(member);
  clock.stall(10_000);
  assert.equal(pacer.lateness().skippedTicks + member.times.length, 501);
  assert.ok(member.times.length < 30);
  pacer.close();
});

Deno.test("after a standstill all members catch up in the order of time", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const startMs = clock.nowMs();
  const ticks: string[] = [];
  const named = (name: string, intervalMs: number, dueMs: number) => ({
    intervalMs,
    dueMs,
    tick: () => void ticks.push(name),
  });
  pacer.add(named("b", 20, startMs + 8));
  pacer.add(named("c", 30, startMs + 15));
  pacer.add(named("a", 20, startMs + 5));
  clock.stall(50);
  assert.equal(ticks.join(""), "abcabcab");
  pacer.close();
  clock.stall(50);
  assert.equal(ticks.length, 8);
});

Deno.test("a member that joins while another ticks is due at its own time", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const late = count(20, clock.nowMs() + 12);
  const first = count(20, clock.nowMs() + 10);
  pacer.add({
    ...first,
    tick(nowMs: number) {
      first.tick(nowMs);
      pacer.add(late);
    },
  });
  clock.advance(12);
  assert.deepEqual(first.times, [1010]);
  assert.deepEqual(late.times, [1012]);
  pacer.close();
});

Deno.test("a member may leave while it ticks", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const member = count(20, clock.nowMs());
  const leaving = {
    ...member,
    tick(nowMs: number) {
      member.tick(nowMs);
      pacer.remove(this);
    },
  };
  pacer.add(leaving);
  clock.stall(100);
  clock.advance(100);
  assert.equal(member.times.length, 1);
});

Deno.test("the socket buffer keeps the first 166 frames of a burst of 400, in order", () => {
  const queue = new FrameQueue(320);
  const frame = new Uint8Array(320);
  let kept = 0;
  for (let index = 0; index < 400; index++) {
    frame.fill(index & 0xff);
    if (queue.offer(frame) === "kept") kept++;
  }
  assert.equal(kept, 166);
  for (let index = 0; index < 166; index++) {
    assert.equal(queue.take(frame), 320);
    assert.equal(frame[319], index);
  }
  assert.equal(queue.take(frame), -1);
});

Deno.test("the queue grows in order while it is turned over", () => {
  const queue = new FrameQueue(4);
  const frame = new Uint8Array(4);
  let written = 0;
  let read = 0;
  for (let round = 0; round < 200; round++) {
    for (let index = 0; index < 3 && written - read < 160; index++) {
      assert.equal(queue.offer(frame.fill(written++ & 0xff)), "kept");
    }
    assert.equal(queue.take(frame), 4);
    assert.equal(frame[0], read++ & 0xff);
  }
});

Deno.test("a datagram of another size keeps its length, a longer one is cut", () => {
  const queue = new FrameQueue(4);
  const frame = new Uint8Array(4);
  queue.offer(Uint8Array.of(1, 2, 3, 4, 5, 6));
  queue.offer(Uint8Array.of(9));
  queue.offer(new Uint8Array(0));
  assert.equal(queue.take(frame), 6);
  assert.deepEqual([...frame], [1, 2, 3, 4]);
  assert.equal(queue.take(frame), 1);
  assert.equal(frame[0], 9);
  assert.equal(queue.take(frame), 0);
});
