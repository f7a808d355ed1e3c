import assert from "node:assert/strict";
import { SilenceWatch } from "../../src/model/silence_watch.ts";

function beats(watch: SilenceWatch, count: number): string[] {
  return Array.from({ length: count }, () => watch.beat());
}

Deno.test("a peer is pinged first of all, and after three seconds of silence", () => {
  const watch = new SilenceWatch();
  assert.deepEqual(beats(watch, 4), ["ping", "nothing", "ping", "nothing"]);
});

Deno.test("a peer that once answered is lost when nothing comes within two seconds of a ping", () => {
  const watch = new SilenceWatch();
  watch.beat();
  watch.received();
  watch.ponged();
  assert.deepEqual(beats(watch, 5), [
    "nothing",
    "nothing",
    "ping",
    "nothing",
    "lost",
  ]);
});

Deno.test("a peer that has never answered a ping is not judged", () => {
  const watch = new SilenceWatch();
  assert.ok(!beats(watch, 1000).includes("lost"));
});

Deno.test("anything that a peer sends is an answer", () => {
  const watch = new SilenceWatch();
  watch.ponged();
  for (let n = 0; n < 100; n++) {
    assert.ok(!beats(watch, 4).includes("lost"));
    watch.received();
  }
});
