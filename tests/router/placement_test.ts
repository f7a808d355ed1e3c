import assert from "node:assert/strict";
import { placeCall } from "../../src/router/placement.ts";
import { printedRandom, seededRandom } from "../support/seeded_random.ts";

const CALLS = 10_000;
const COUNTS = Array.from({ length: 16 }, (_, i) => i + 1);

/** Ids as FreeSWITCH makes them: UUIDs of version 4. */
function uuids(random: () => number): string[] {
  const hex = () => "0123456789abcdef"[Math.floor(random() * 16)];
  return Array.from(
    { length: CALLS },
    () => "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx".replace(/x/g, hex),
  );
}

/** Every node and every version must agree with these. */
const GOLDEN: ReadonlyArray<[id: string, placed: Record<number, number>]> = [
  ["0b5e3d0a-6f7c-4c1e-9a52-3f1f0f6f2f11", { 1: 0, 3: 2, 8: 6, 16: 8, 64: 58 }],
  ["7d0cf2b8-9a0e-4b0f-8a53-0e6c0d9b2c77", { 1: 0, 3: 0, 8: 3, 16: 3, 64: 58 }],
  ["", { 1: 0, 3: 0, 8: 3, 16: 3, 64: 3 }],
  ["a", { 1: 0, 3: 0, 8: 0, 16: 0, 64: 48 }],
  ["通话", { 1: 0, 2: 1, 3: 2, 8: 6, 16: 6 }],
];

for (const [id, placed] of GOLDEN) {
  Deno.test(`the call ${JSON.stringify(id)} has the shards that it always had`, () => {
    for (const [count, shard] of Object.entries(placed)) {
      assert.equal(placeCall(id, Number(count)), shard, `of ${count}`);
    }
  });
}

Deno.test("the calls spread evenly over 1 to 16 shards", () => {
  // Chi-square beyond mean + 5 sigma: chance does that less than once in 10,000 runs of 16 counts.
  const random = printedRandom("spread");
  const ids = uuids(random);
  for (const count of COUNTS) {
    const calls = new Array(count).fill(0);
    for (const id of ids) calls[placeCall(id, count)]++;
    const expected = CALLS / count;
    const chi = calls.reduce((sum, n) => sum + (n - expected) ** 2, 0) /
      expected;
    const freedom = count - 1;
    const bound = freedom + 5 * Math.sqrt(2 * freedom) + 10;
    assert.ok(chi <= bound, `${count} shards: ${chi} of ${bound}`);
  }
});

Deno.test("ids that differ in one place spread evenly, too", () => {
  const calls = new Array(8).fill(0);
  for (let i = 0; i < CALLS; i++) calls[placeCall(`call-${i}`, 8)]++;
  for (const n of calls) assert.ok(n > 1000 && n < 1500, calls.join(" "));
});

Deno.test("when a shard is added only its own calls move, about one in n + 1", () => {
  const ids = uuids(seededRandom(1));
  for (const count of COUNTS) {
    let moved = 0;
    for (const id of ids) {
      const before = placeCall(id, count);
      const after = placeCall(id, count + 1);
      if (before === after) continue;
      assert.equal(after, count);
      moved++;
    }
    const share = moved * (count + 1) / CALLS;
    assert.ok(share > 0.8 && share < 1.2, `${count}: ${moved} moved`);
  }
});

Deno.test("calls of a shard that is down go to others, and no other call moves", () => {
  const ids = uuids(seededRandom(2));
  for (const down of [0, 3, 7]) {
    const spread = new Array(8).fill(0);
    for (const id of ids) {
      const usual = placeCall(id, 8);
      const now = placeCall(id, 8, (shard) => shard !== down);
      if (usual !== down) assert.equal(now, usual);
      else spread[now]++;
    }
    assert.equal(spread[down], 0);
    const others = spread.filter((_, shard) => shard !== down);
    for (const n of others) assert.ok(n > 120 && n < 240, spread.join(" "));
  }
});

Deno.test("when no shard is up the call's own choice is returned", () => {
  for (const id of uuids(seededRandom(3)).slice(0, 100)) {
    assert.equal(placeCall(id, 8, () => false), placeCall(id, 8));
  }
});

for (const count of [0, -1, 1.5, NaN, Infinity]) {
  Deno.test(`${count} shards are refused`, () => {
    assert.throws(() => placeCall("a", count), RangeError);
  });
}
