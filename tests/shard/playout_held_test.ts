import assert from "node:assert/strict";
import { createResampler } from "../../src/audio/create_resampler.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { Playout } from "../../src/shard/playout.ts";

Deno.test("a model that says crumbs before the leg is there fills no memory, and is told of", async () => {
  let overflows = 0;
  const playout = new Playout(8000, {
    underrun: () => {},
    overflow: () => overflows++,
  });
  const crumb = new Int16Array(1);
  for (let i = 0; i < 100_000; i++) {
    playout.begin();
    playout.push(crumb);
    playout.end();
  }
  assert.ok(overflows > 90_000, `${overflows} dropped`);
  // What is left is still played, and the playout works afterwards.
  const { downlink } = ringsOf(allocateRings());
  const ring = new FrameProducer(downlink, 160);
  const leg = new FrameConsumer(downlink, 160);
  const resampler = await createResampler(8000, 8000);
  playout.attach({ ring, resampler });
  assert.ok(playout.audible);
  playout.flush();
  playout.begin();
  playout.push(new Int16Array(1600).fill(7));
  playout.end();
  playout.pump();
  assert.ok(leg.take(new Int16Array(160)));
  playout.close();
});
