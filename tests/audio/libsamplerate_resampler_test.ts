import assert from "node:assert/strict";
import { createLibsamplerateResampler } from "../../src/audio/libsamplerate_resampler.ts";
import type { Resampler } from "../../src/audio/resampler.ts";
import { testResampler } from "../contract/resampler.ts";
import { printedSeed, seededRandom } from "./seeded_random.ts";

testResampler({
  name: "libsamplerate",
  create: createLibsamplerateResampler,
  pairsHz: [
    [8000, 16000],
    [16000, 8000],
    [8000, 24000],
    [24000, 8000],
    [16000, 24000],
    [24000, 16000],
    [44100, 8000],
    [8000, 44100],
    [11025, 16000],
    [48000, 22050],
  ],
});

Deno.test("libsamplerate gives the same samples when a closed one is used again", async () => {
  const random = seededRandom(printedSeed());
  const input = Int16Array.from({ length: 3200 }, () => random() * 60000);
  using heaps = countHeaps();
  // A pair that no other test uses: the pool holds none of it yet.
  const first = await createLibsamplerateResampler(12345, 23456);
  const fresh = run(first, input);
  first.close();
  const again = await createLibsamplerateResampler(12345, 23456);
  assert.equal(heaps.count, 1);
  assert.deepEqual(run(again, input), fresh);
  again.close();
});

Deno.test("libsamplerate gives two calls two converters when one was closed twice", async () => {
  const create = () => createLibsamplerateResampler(12346, 23457);
  const closed = await create();
  closed.close();
  closed.close();
  const one = await create();
  const other = await create();
  const input = new Int16Array(960).fill(9000);
  const expected = run(one, input);
  assert.deepEqual(run(other, input), expected);
  one.close();
  other.close();
});

Deno.test("libsamplerate makes more than its pool keeps", async () => {
  const many = await Promise.all(
    Array.from({ length: 6 }, () => createLibsamplerateResampler(9000, 9001)),
  );
  for (const resampler of many) resampler.close();
  const one = await createLibsamplerateResampler(9000, 9001);
  assert.ok(run(one, new Int16Array(900)).length > 800);
  one.close();
});

Deno.test("libsamplerate refuses equal rates", async () => {
  await assert.rejects(createLibsamplerateResampler(8000, 8000), RangeError);
});

function run(resampler: Resampler, input: Int16Array): Int16Array {
  const output = new Int16Array(resampler.maxOutputSamples(input.length));
  return output.subarray(0, resampler.process(input, output));
}

/** Counts the heaps, of 25 MB each, that converters are given until it is disposed of. */
function countHeaps(): { readonly count: number } & Disposable {
  const original = globalThis.ArrayBuffer;
  let count = 0;
  globalThis.ArrayBuffer = new Proxy(original, {
    construct(target, args: [number]) {
      if (args[0] > 10e6) count++;
      return new target(...args);
    },
  });
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]() {
      globalThis.ArrayBuffer = original;
    },
  };
}
