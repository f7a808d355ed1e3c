import assert from "node:assert/strict";
import { carryFrames } from "../support/lossy_line.ts";
import { between, printedRandom } from "../support/seeded_random.ts";

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i);

/** The stream in which each of these frames is made up in its place. */
function concealedAt(frames: number, lost: readonly number[]): number[] {
  return range(0, frames).map((frame) => lost.includes(frame) ? -1 : frame);
}

Deno.test("frames that come in time pass at once and nothing is made up", () => {
  const { stream, timesMs, concealed } = carryFrames({
    frames: 500,
    delayMs: (frame) => frame % 4 * 3,
  });
  assert.deepEqual(stream, range(0, 500));
  assert.deepEqual(timesMs, range(0, 500).map((f) => f * 20 + f % 4 * 3));
  assert.equal(concealed, 0);
});

for (const run of [1, 2, 3, 4]) {
  Deno.test(`${run} lost frames are made up in their place, and the next one is 20 ms late`, () => {
    const lost = range(50, 50 + run);
    const { stream, timesMs } = carryFrames({
      frames: 100,
      isLost: (frame) => lost.includes(frame),
    });
    assert.deepEqual(stream, concealedAt(100, lost));
    assert.ok(timesMs[50 + run] <= (50 + run) * 20 + 20);
    assert.equal(timesMs[52 + run], (52 + run) * 20);
  });
}

Deno.test("while nothing comes for a second the stream goes on, a frame each 20 ms, 100 ms late", () => {
  const lost = range(50, 100);
  const { stream, timesMs, mostBehind } = carryFrames({
    frames: 200,
    isLost: (frame) => lost.includes(frame),
  });
  assert.deepEqual(stream, concealedAt(200, lost));
  for (let frame = 50; frame < 95; frame++) {
    const lateMs = timesMs[frame] - frame * 20;
    assert.ok(lateMs >= 100 && lateMs < 120, `frame ${frame}: ${lateMs} ms`);
  }
  assert.ok(mostBehind <= 6);
});

Deno.test("every other frame is made up when every other one is lost", () => {
  const { stream } = carryFrames({
    frames: 300,
    isLost: (frame) => frame % 2 === 1,
  });
  const expected = range(0, 298).map((frame) => frame % 2 === 1 ? -1 : frame);
  assert.deepEqual(stream.slice(0, 298), expected);
});

for (const pauseMs of [12, 17, 25, 40, 90, 150, 400, 2000]) {
  for (const phaseMs of [0, 1, 5, 13, 19]) {
    Deno.test(`a pause of the process of ${pauseMs} ms, ${phaseMs} ms after a frame, makes nothing up`, () => {
      const { stream, concealed } = carryFrames({
        frames: 300,
        pauses: [[1000 + phaseMs, 1000 + phaseMs + pauseMs]],
      });
      assert.equal(concealed, 0);
      assert.deepEqual(stream, range(0, 300));
    });
  }
}

Deno.test("frames that a network holds for up to 100 ms and sends at once make nothing up", () => {
  for (let heldMs = 0; heldMs <= 100; heldMs++) {
    const { concealed, stream } = carryFrames({
      frames: 100,
      delayMs: (frame) => Math.max(0, 1000 + heldMs - frame * 20),
    });
    assert.deepEqual(stream, range(0, 100));
    assert.equal(concealed, 0, `held for ${heldMs} ms`);
  }
});

Deno.test("frames that were made up and come after all lengthen the stream once, not each time", () => {
  const isHeld = (frame: number) => frame % 100 >= 50 && frame % 100 < 65;
  const { stream, mostAhead, concealed } = carryFrames({
    frames: 6000,
    delayMs: (frame) => isHeld(frame) ? (65 - frame % 100) * 20 : 0,
  });
  assert.deepEqual(stream.filter((frame) => frame >= 0), range(0, 6000));
  assert.ok(mostAhead > 5 && mostAhead <= 15, `${mostAhead} frames ahead`);
  assert.ok(concealed <= 18, `${concealed} made up`);
});

Deno.test("a pause so long that the system drops frames is filled with half a second at the most", () => {
  const { stream, concealed } = carryFrames({
    frames: 1000,
    pauses: [[1000, 9000]],
    isLost: (frame) => frame > 200 && frame <= 449,
  });
  assert.equal(concealed, 25);
  assert.ok(stream.length >= 1000 - 249 + 25 - 1);
});

for (const slowPpm of [-150, -50, 50, 150]) {
  Deno.test(`a clock of FreeSWITCH's that is ${slowPpm} ppm slower makes nothing up in an hour, and losses are still seen`, () => {
    const frames = 180_000;
    const { stream, concealed } = carryFrames({
      frames,
      slowPpm,
      delayMs: (frame) => frame * 7919 % 40 / 10,
      isLost: (frame) => frame % 9000 === 8000,
    });
    assert.equal(concealed, 20);
    assert.deepEqual(
      stream,
      range(0, frames).map((frame) => frame % 9000 === 8000 ? -1 : frame),
    );
  });
}

Deno.test("any pattern of loss, jitter and pauses keeps every frame that came, in order, and the sum right", () => {
  const random = printedRandom("uplink timeline");
  for (let round = 0; round < 300; round++) {
    const frames = 1500;
    const lossShare = random() < 0.5 ? 0 : random() * 0.3;
    const jitterMs = random() < 0.3 ? random() * 200 : random() * 10;
    const lost = new Set<number>();
    for (let frame = 1; frame < frames; frame++) {
      if (random() >= lossShare) continue;
      const end = Math.min(frames, frame + between(random, 1, 5));
      for (; frame < end; frame++) lost.add(frame);
    }
    // More than half a second that is missing at once is not made up.
    const longestMs = lossShare === 0 ? 1500 : 150;
    const pauses = [1, 2, 3].map((i) => {
      const fromMs = i * 7000 + random() * 1000;
      return [fromMs, fromMs + random() * longestMs] as const;
    });
    const delays = range(0, frames).map(() => random() * jitterMs);
    const isLost = (frame: number) => lost.has(frame);
    const delayMs = (frame: number) => delays[frame];
    const slowPpm = (random() - 0.5) * 200;
    const carried = carryFrames({ frames, isLost, delayMs, pauses, slowPpm });
    const { stream, mostAhead } = carried;
    const what = `round ${round}: loss ${lossShare}, jitter ${jitterMs} ms`;
    const came = range(0, frames).filter((frame) => !lost.has(frame));
    const whole = stream.filter((frame) => frame >= 0);
    // The last one may still be held.
    assert.deepEqual(whole, came.slice(0, whole.length), what);
    assert.ok(came.length - whole.length <= 1, what);
    const jitterFrames = Math.ceil(jitterMs / 20);
    assert.ok(mostAhead <= jitterFrames + 2, `${what}: ${mostAhead} ahead`);
    const behind = frames - stream.length;
    assert.ok(behind <= jitterFrames + 7, `${what}: ${behind} behind`);
  }
});

for (const frameMs of [10, 30, 40, 60]) {
  Deno.test(`frames of ${frameMs} ms that come in time pass at once and nothing is made up`, () => {
    // The media thread looks every 4 ms, and is a little late.
    const delayMs = (frame: number) => frame * 7 % 5 + frame % 3;
    const { stream, timesMs, concealed } = carryFrames({
      ...{ frames: 1000, frameMs, delayMs },
    });
    assert.deepEqual(stream, range(0, 1000));
    const came = range(0, 1000).map((f) => f * frameMs + delayMs(f));
    assert.deepEqual(timesMs, came);
    assert.equal(concealed, 0);
  });

  for (const run of [1, 2, 3]) {
    Deno.test(`${run} lost frames of ${frameMs} ms are made up in their place, and the next one is half a frame and a look late at most`, () => {
      const lost = range(50, 50 + run);
      const isLost = (frame: number) => lost.includes(frame);
      const { stream, timesMs } = carryFrames({
        ...{ frames: 100, frameMs, isLost },
      });
      assert.deepEqual(stream, concealedAt(100, lost));
      const lateMs = timesMs[50 + run] - (50 + run) * frameMs;
      assert.ok(lateMs <= frameMs / 2 + 20, `${lateMs} ms late`);
      assert.equal(timesMs[52 + run], (52 + run) * frameMs);
    });
  }

  Deno.test(`while nothing comes for a second the stream of ${frameMs} ms goes on, 100 ms late`, () => {
    const lost = range(50, 50 + 1200 / frameMs);
    const { stream, timesMs } = carryFrames({
      frames: 300,
      frameMs,
      isLost: (frame) => lost.includes(frame),
    });
    assert.deepEqual(stream, concealedAt(300, lost));
    for (const frame of lost.slice(0, 1000 / frameMs)) {
      const lateMs = timesMs[frame] - frame * frameMs;
      assert.ok(lateMs >= 100 && lateMs < 120, `frame ${frame}: ${lateMs} ms`);
    }
  });

  for (const pauseMs of [12, 25, 90, 400, 2000]) {
    Deno.test(`a pause of the process of ${pauseMs} ms makes up no frame of ${frameMs} ms`, () => {
      for (let phaseMs = 0; phaseMs < frameMs; phaseMs++) {
        const fromMs = 20 * frameMs + phaseMs;
        const { stream, concealed } = carryFrames({
          frames: 300,
          frameMs,
          pauses: [[fromMs, fromMs + pauseMs]],
        });
        assert.equal(concealed, 0, `${phaseMs} ms after a frame`);
        assert.deepEqual(stream, range(0, 300));
      }
    });
  }

  Deno.test(`a clock that is 150 ppm slower or faster makes up no frame of ${frameMs} ms that came`, () => {
    for (const slowPpm of [-150, 150]) {
      const frames = 40_000;
      const { stream, concealed } = carryFrames({
        frames,
        frameMs,
        slowPpm,
        delayMs: (frame) => frame * 7919 % 40 / 10,
        isLost: (frame) => frame % 9000 === 8000,
      });
      assert.equal(concealed, 4);
      const expected = range(0, frames).map((frame) =>
        frame % 9000 === 8000 ? -1 : frame
      );
      assert.deepEqual(stream, expected);
    }
  });
}
