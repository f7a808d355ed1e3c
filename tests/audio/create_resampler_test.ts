import assert from "node:assert/strict";
import { createResampler } from "../../src/audio/create_resampler.ts";
import { testResampler } from "../contract/resampler.ts";

testResampler({
  name: "the default",
  create: createResampler,
  pairsHz: [[8000, 8000], [48000, 48000], [8000, 16000], [44100, 16000]],
});

Deno.test("createResampler copies bit by bit when the rates are equal", async () => {
  const resampler = await createResampler(16000, 16000, {
    kind: "libsamplerate",
  });
  const input = Int16Array.of(-32768, 32767, 0, -1);
  const output = new Int16Array(4);
  assert.equal(resampler.process(input, output), 4);
  assert.deepEqual(output, input);
});

Deno.test("createResampler takes the kind that is asked for", async () => {
  const input = new Int16Array(160);
  const output = new Int16Array(400);
  const ours = await createResampler(8000, 16000);
  const same = await createResampler(8000, 16000, { kind: "polyphase" });
  const other = await createResampler(8000, 16000, { kind: "libsamplerate" });
  // Only libsamplerate holds its delay back at the start.
  assert.equal(ours.process(input, output), 320);
  assert.equal(same.process(input, output), 320);
  assert.ok(other.process(input, output) < 320);
  other.close();
});

Deno.test("createResampler refuses rates that are not integers of 8000 to 48000", async () => {
  for (const rateHz of [7999, 48001, 8000.5, NaN, Infinity, 0, -8000]) {
    await assert.rejects(createResampler(rateHz, 16000), RangeError);
    await assert.rejects(createResampler(16000, rateHz), RangeError);
    await assert.rejects(createResampler(rateHz, rateHz), RangeError);
  }
});

Deno.test("createResampler refuses polyphase for a pair that it does not know", async () => {
  const asked = createResampler(44100, 8000, { kind: "polyphase" });
  await assert.rejects(asked, RangeError);
});
