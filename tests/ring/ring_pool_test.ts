import assert from "node:assert/strict";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import {
  type RingPlace,
  type RingRegion,
  ringsOf,
  SLAB_CALLS,
} from "../../src/ring/layout.ts";
import { RingPool } from "../../src/ring/ring_pool.ts";

function regionsOf(rings: RingPlace): RingRegion[] {
  const { uplink, downlink } = ringsOf(rings);
  return [uplink, downlink];
}

/** Leaves traces in every shared word that a call can touch. */
function use(rings: RingPlace): void {
  for (const region of regionsOf(rings)) {
    const producer = new FrameProducer(region, 160);
    const consumer = new FrameConsumer(region, 160);
    const frame = new Int16Array(160);
    while (producer.put(frame));
    consumer.take(frame);
    producer.setStreaming(true);
    consumer.miss();
    producer.flush();
    consumer.take(frame);
  }
}

/** More than a slab has. */
const MANY = 100;

/** Where in which memory. */
function nameOf({ slab, offsetBytes }: RingPlace): string {
  return `${slab}:${offsetBytes}`;
}

Deno.test("rings that were given back are lent again as new", () => {
  const pool = new RingPool();
  const rings = pool.take(8000);
  const { free } = pool;
  use(rings);
  assert.equal(pool.lent, 1);
  pool.giveBack(rings);
  assert.deepEqual([pool.lent, pool.free], [0, free + 1]);
  assert.equal(pool.take(8000), rings);
  for (const region of regionsOf(rings)) {
    const { words } = region.memory;
    const { wordsAt } = region;
    assert.ok(
      words.subarray(wordsAt, wordsAt + 32).every((word) => word === 0),
    );
    const producer = new FrameProducer(region, 160);
    assert.equal(producer.writeIndex, 0);
    assert.equal(producer.flushedAt, 0);
    assert.ok(!new FrameConsumer(region, 160).take(new Int16Array(160)));
  }
});

Deno.test("500 calls one after another share one place", () => {
  const pool = new RingPool();
  const seen = new Set<string>();
  for (let call = 0; call < 500; call++) {
    const rings = pool.take(8000);
    seen.add(nameOf(rings));
    use(rings);
    pool.giveBack(rings);
  }
  assert.equal(seen.size, 1);
});

Deno.test("calls at the same time never share a place, and few share each memory", () => {
  const pool = new RingPool();
  const lent = Array.from({ length: MANY }, () => pool.take(8000));
  assert.equal(new Set(lent.map(nameOf)).size, MANY);
  assert.equal(pool.lent, MANY);
  const inAll = MANY + pool.free;
  assert.equal(
    new Set(lent.map(({ slab }) => slab)).size,
    Math.ceil(MANY / SLAB_CALLS),
  );
  for (const rings of lent) pool.giveBack(rings);
  assert.deepEqual([pool.lent, pool.free], [0, inAll]);
  const again = Array.from({ length: MANY }, () => pool.take(8000));
  assert.deepEqual(new Set(again.map(nameOf)), new Set(lent.map(nameOf)));
});

Deno.test("of memory of which a part was written off nothing is lent again", () => {
  const pool = new RingPool();
  const [lost, other] = [pool.take(8000), pool.take(8000)];
  assert.equal(other.slab, lost.slab);
  pool.writeOff(lost);
  assert.deepEqual([pool.lent, pool.free], [1, 0]);
  pool.giveBack(other);
  assert.deepEqual([pool.lent, pool.free], [0, 0]);
  const fresh = pool.take(8000);
  assert.notEqual(fresh.slab, lost.slab);
  // A second part of it changes nothing.
  pool.giveBack(fresh);
  const { free } = pool;
  const gone = [pool.take(8000), pool.take(8000)];
  for (const rings of gone) pool.writeOff(rings);
  assert.deepEqual([pool.lent, pool.free], [0, 0]);
  assert.ok(free > 2);
});

Deno.test("calls at higher rates get larger places, and each rate is recycled apart", () => {
  const pool = new RingPool();
  const narrow = pool.take(8000);
  const wide = pool.take(48_000);
  assert.ok(wide.memory.byteLength > narrow.memory.byteLength);
  pool.giveBack(narrow);
  pool.giveBack(wide);
  assert.equal(pool.take(48_000), wide);
  assert.equal(pool.take(8000), narrow);
  assert.throws(() => pool.take(44_100), RangeError);
  assert.equal(pool.lent, 2);
});
