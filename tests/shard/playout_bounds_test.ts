import assert from "node:assert/strict";
import { createResampler } from "../../src/audio/create_resampler.ts";
import { createLaggingResampler } from "../support/lagging_resampler.ts";
import { PlayoutRig } from "../support/playout_rig.ts";
import {
  between,
  printedRandom,
  type Random,
  seededRandom,
} from "../support/seeded_random.ts";

const TEN_MEGABYTES = 10 * 1024 * 1024 / 2;
const MOST_MS = 300_000;

Deno.test("what was said before the leg is there is played in order once it is", () => {
  const rig = new PlayoutRig();
  for (const value of [3, 4]) {
    rig.playout.begin();
    rig.push(1.5, value);
    rig.push(1, value + 10);
    rig.playout.end();
  }
  assert.ok(rig.playout.audible);
  assert.equal(rig.playout.heardMs, 0);
  assert.equal(rig.ring.writeIndex, 0);
  rig.attach();
  assert.equal(rig.ring.queuedFrames, 8);
  const heard = rig.playAll().filter((sample) => sample !== 0);
  const expected = [3, 13, 4, 14].flatMap((value) =>
    Array(value < 10 ? 240 : 160).fill(value)
  );
  assert.deepEqual([...heard], expected);
});

Deno.test("a response that is still coming when the leg arrives goes on", () => {
  const rig = new PlayoutRig();
  rig.playout.begin();
  rig.push(1, 7);
  rig.attach();
  assert.equal(rig.ring.queuedFrames, 0);
  rig.push(1, 8);
  assert.equal(rig.ring.queuedFrames, 0);
  rig.push(1, 9);
  assert.deepEqual(rig.play(3), [7, 8, 9]);
});

Deno.test("a flush before the leg is there drops what was said", () => {
  const rig = new PlayoutRig();
  rig.playout.begin();
  rig.push(10);
  rig.playout.flush();
  assert.equal(rig.playout.audible, false);
  assert.ok(rig.playout.settled);
  rig.attach();
  assert.equal(rig.ring.writeIndex, 0);
});

for (const attached of [true, false]) {
  const when = attached ? "with" : "before";
  Deno.test(`bursts of 10 MB ${when} a leg are held to five minutes and the rest is counted`, () => {
    const rig = attached ? PlayoutRig.attached() : new PlayoutRig();
    rig.playout.begin();
    const burst = new Int16Array(TEN_MEGABYTES / 3 | 0);
    for (let i = 0; i < 9; i++) rig.playout.push(burst);
    const saidMs = 9 * burst.length / 8;
    assert.ok(saidMs - rig.overflowMs <= MOST_MS, "too much waits");
    if (!attached) rig.attach();
    rig.playout.end();
    const heardMs = rig.playAll().length / 8;
    assert.ok(heardMs <= MOST_MS + 40, `${heardMs} ms were kept`);
    assert.ok(heardMs > MOST_MS - burst.length / 8);
    assert.ok(Math.abs(saidMs - rig.overflowMs - heardMs) < 60);
  });
}

Deno.test("the speech of a response comes out whole from a resampler that holds samples back", () => {
  const rig = PlayoutRig.attached(createLaggingResampler(100));
  for (const value of [3, 4]) {
    rig.playout.begin();
    rig.push(5, value);
    rig.playout.end();
  }
  const heard = rig.playAll();
  for (const value of [3, 4]) {
    assert.equal(heard.filter((sample) => sample === value).length, 800);
    assert.equal(heard.indexOf(value) % 160, 0);
  }
});

Deno.test("a response without speech leaves no promise of more", () => {
  const rig = PlayoutRig.attached(createLaggingResampler(500));
  rig.playout.begin();
  rig.playout.end();
  rig.play(10);
  assert.equal(rig.ring.missedFrames, 0);
  assert.deepEqual(rig.underruns, []);
});

Deno.test("responses without speech, however many, queue nothing", () => {
  const rig = new PlayoutRig();
  rig.attach();
  for (let i = 0; i < 50_000; i++) {
    rig.playout.begin();
    rig.playout.end();
  }
  assert.ok(!rig.playout.audible);
});

Deno.test("responses that find no room leave at most a frame each to end on", () => {
  const rig = new PlayoutRig();
  rig.attach();
  rig.playout.begin();
  for (let ms = 0; ms < MOST_MS + 1000; ms += 20) rig.push(1, 5);
  rig.playout.end();
  for (let i = 0; i < 1000; i++) {
    rig.playout.begin();
    rig.push(1, 5);
    rig.playout.end();
  }
  const frames = rig.playAll().length / 160;
  assert.ok(frames * 20 <= MOST_MS + 1000, `${frames} frames`);
});

Deno.test("a playout that is closed drops all, gives its resampler back once, and may be closed twice", async () => {
  const resampler = await createResampler(24000, 8000);
  const rig = PlayoutRig.attached(resampler);
  rig.playout.begin();
  rig.push(10);
  rig.playout.close();
  rig.playout.close();
  assert.equal(rig.take(), undefined);
  assert.throws(() => resampler.reset(), TypeError);
});

/** What a leg hears of one response, its audio cut in pieces. */
async function hear(
  speech: Int16Array,
  options: { legHz: number; kind?: "libsamplerate"; random?: Random },
): Promise<Int16Array> {
  const { legHz, kind, random } = options;
  const resampler = await createResampler(24000, legHz, { kind });
  const rig = PlayoutRig.attached(resampler);
  rig.playout.begin();
  for (let from = 0; from < speech.length;) {
    const length = random === undefined
      ? speech.length
      : between(random, 1, random() < 0.5 ? 50 : 5000);
    rig.playout.push(speech.slice(from, from + length));
    from += length;
  }
  rig.playout.end();
  const heard = rig.playAll();
  rig.playout.close();
  return heard;
}

for (const legHz of [8000, 16000, 48000]) {
  for (const kind of [undefined, "libsamplerate"] as const) {
    Deno.test(`the caller hears the same at ${legHz} Hz by ${kind ?? "polyphase"} for any pieces of speech`, async () => {
      const random = printedRandom("pieces of speech");
      const noise = seededRandom(7);
      const length = 24_000 + between(random, 0, 480);
      const speech = Int16Array.from(
        { length },
        () => between(noise, -20_000, 20_000),
      );
      const whole = await hear(speech, { legHz, kind });
      assert.equal(whole.length % (legHz / 50), 0);
      assert.ok(whole.length >= length * legHz / 24_000);
      assert.deepEqual(await hear(speech, { legHz, kind, random }), whole);
    });
  }
}
