import assert from "node:assert/strict";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { type RingRegion, ringsOf } from "../../src/ring/layout.ts";
import { RingPool } from "../../src/ring/ring_pool.ts";

function regionsOf(rings: SharedArrayBuffer): RingRegion[] {
  const { uplink, downlink } = ringsOf(rings);
  return [uplink, downlink];
}

/** Leaves traces in every shared word that a call can touch. */
function use(rings: SharedArrayBuffer): void {
  for (const region of regionsOf(rings)) {
    const producer = new FrameProducer(region, 160);
    const consumer = new FrameConsumer(region, 160);
    while (producer.claim()) producer.publish();
    consumer.peek();
    consumer.advance();
    producer.setStreaming(true);
    consumer.miss();
    producer.flush();
    consumer.peek();
  }
}

Deno.test("memory that was given back is lent again as new", () => {
  const pool = new RingPool();
  const rings = pool.take(320);
  use(rings);
  pool.giveBack(rings);
  assert.deepEqual([pool.lent, pool.free], [0, 1]);
  assert.equal(pool.take(320), rings);
  for (const region of regionsOf(rings)) {
    assert.ok(region.words.every((word: number) => word === 0));
    const producer = new FrameProducer(region, 160);
    assert.equal(producer.writeIndex, 0);
    assert.equal(producer.flushedAt, 0);
    assert.equal(new FrameConsumer(region, 160).peek(), undefined);
  }
});

Deno.test("500 calls one after another share one piece of memory", () => {
  const pool = new RingPool();
  const seen = new Set<SharedArrayBuffer>();
  for (let call = 0; call < 500; call++) {
    const rings = pool.take(320);
    seen.add(rings);
    use(rings);
    pool.giveBack(rings);
  }
  assert.equal(seen.size, 1);
  assert.deepEqual([pool.lent, pool.free], [0, 1]);
});

Deno.test("calls at the same time never share memory", () => {
  const pool = new RingPool();
  const lent = Array.from({ length: 20 }, () => pool.take(320));
  assert.equal(new Set(lent).size, 20);
  assert.equal(pool.lent, 20);
  for (const rings of lent) pool.giveBack(rings);
  assert.deepEqual([pool.lent, pool.free], [0, 20]);
});

Deno.test("memory that is written off is not lent again", () => {
  const pool = new RingPool();
  const lost = pool.take(320);
  pool.writeOff();
  assert.deepEqual([pool.lent, pool.free], [0, 0]);
  assert.notEqual(pool.take(320), lost);
});

Deno.test("calls with longer frames get larger memory, and each size is recycled apart", () => {
  const pool = new RingPool();
  const narrow = pool.take(320);
  const wide = pool.take(1920);
  assert.ok(wide.byteLength > narrow.byteLength);
  pool.giveBack(narrow);
  pool.giveBack(wide);
  assert.equal(pool.free, 2);
  assert.equal(pool.take(640), wide);
  assert.equal(pool.take(320), narrow);
  assert.throws(() => pool.take(1922), RangeError);
  assert.equal(pool.lent, 2);
});
