import assert from "node:assert/strict";
import { KeptByLength } from "../../src/audio/kept_by_length.ts";

Deno.test("KeptByLength makes one thing for a length", () => {
  const made: number[] = [];
  const kept = new KeptByLength((length) => {
    made.push(length);
    return new Uint8Array(length);
  });
  assert.equal(kept.of(3), kept.of(3));
  assert.equal(kept.of(0).length, 0);
  assert.notEqual(kept.of(3), kept.of(4));
  assert.deepEqual(made, [3, 0, 4]);
});

Deno.test("KeptByLength starts anew when lengths without end come", () => {
  const kept = new KeptByLength((length) => [length]);
  const first = kept.of(0);
  for (let length = 0; length < 256; length++) kept.of(length);
  assert.equal(kept.of(0), first);
  assert.deepEqual(kept.of(256), [256]);
  assert.notEqual(kept.of(0), first);
});
