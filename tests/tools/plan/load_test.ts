import assert from "node:assert/strict";
import { blockingOf, placesFor } from "../../../tools/plan/erlang_b.ts";
import { findLoad } from "../../../tools/plan/load.ts";
import { readOptions } from "../../../tools/plan/options.ts";

function load(...args: string[]) {
  return findLoad(readOptions(args)!);
}

Deno.test("the load is the deployment plan's when its inputs are given", () => {
  const { callsPerSecond, erlang, concurrent, places } = load(
    ...["--calls-per-day", "10000", "--minutes", "3", "--peak", "5"],
  );
  assert.equal(callsPerSecond.toFixed(2), "0.58");
  assert.equal(erlang.toFixed(2), "104.17");
  assert.equal(concurrent, 105);
  assert.equal(places, 210);
});

Deno.test("the load has the plan's inputs as defaults", () => {
  assert.equal(load().places, 210);
});

Deno.test("the places are the operator's when they are set", () => {
  const { places, blocking } = load("--places", "100");
  assert.equal(places, 100);
  assert.ok(blocking > 0.05 && blocking < 0.2, String(blocking));
});

Deno.test("the reserve is a factor of the calls at once", () => {
  assert.equal(load("--reserve", "1.5").places, 158);
});

// Rows of published Erlang B tables: load, places, blocking.
const KNOWN = [[4.46, 10, 0.01], [12.03, 20, 0.01], [84.06, 100, 0.01], [
  1.36,
  5,
  0.01,
], [75.24, 100, 0.001]] as const;

for (const [erlang, places, blocking] of KNOWN) {
  Deno.test(`Erlang B blocks ${blocking} when ${erlang} erlang meet ${places} places`, () => {
    const found = blockingOf(erlang, places);
    assert.ok(Math.abs(found / blocking - 1) < 0.01, String(found));
  });
}

Deno.test("Erlang B is the fraction of the series when few places make it easy to sum", () => {
  const a = 3.7;
  const terms = [1, a, a ** 2 / 2, a ** 3 / 6, a ** 4 / 24];
  const sum = terms.reduce((all, term) => all + term, 0);
  assert.ok(Math.abs(blockingOf(a, 4) - terms[4] / sum) < 1e-12);
});

Deno.test("the places for a share of blocked calls are the fewest that keep it", () => {
  const places = placesFor(104.17, 0.001);
  assert.ok(blockingOf(104.17, places) <= 0.001);
  assert.ok(blockingOf(104.17, places - 1) > 0.001);
});

Deno.test("Erlang B neither overflows nor gives up when the load is huge", () => {
  const blocking = blockingOf(100_000, 50_000);
  assert.ok(Math.abs(blocking - 0.5) < 0.001, String(blocking));
});

Deno.test("Erlang B refuses what is no load", () => {
  assert.throws(() => blockingOf(-1, 5), RangeError);
  assert.throws(() => blockingOf(NaN, 5), RangeError);
  assert.throws(() => blockingOf(1, 1.5), RangeError);
  assert.throws(() => placesFor(1, 0), RangeError);
});
