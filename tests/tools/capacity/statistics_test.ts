import assert from "node:assert/strict";
import {
  fitLine,
  histogramQuantile,
  percentile,
  quantilesOf,
} from "../../../tools/capacity/statistics.ts";

Deno.test("quantiles are the nearest ranks, whatever the order", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.deepEqual(quantilesOf(values), {
    count: 100,
    p50: 50,
    p95: 95,
    p99: 99,
    max: 100,
  });
});

Deno.test("quantiles sort as numbers and leave their input alone", () => {
  const values = [10, 9, 1000, 2];
  assert.equal(quantilesOf(values).p50, 9);
  assert.deepEqual(values, [10, 9, 1000, 2]);
});

Deno.test("quantiles of one value are that value, and of none are not numbers", () => {
  assert.deepEqual(quantilesOf([7]), {
    count: 1,
    p50: 7,
    p95: 7,
    p99: 7,
    max: 7,
  });
  assert.ok(Number.isNaN(quantilesOf([]).p99));
  assert.equal(quantilesOf([]).count, 0);
});

Deno.test("a percentile takes the ends for shares of 0 and 1", () => {
  assert.equal(percentile([1, 2, 3], 0), 1);
  assert.equal(percentile([1, 2, 3], 1), 3);
});

Deno.test("a line is fitted by least squares", () => {
  assert.deepEqual(fitLine([[0, 1], [1, 3], [2, 5]]), {
    slope: 2,
    intercept: 1,
  });
  assert.equal(fitLine([[3, 1], [3, 9]]).slope, 0);
  const noisy = fitLine([[0, 0], [1, 2], [2, 2], [3, 4]]);
  assert.ok(Math.abs(noisy.slope - 1.2) < 1e-9, String(noisy.slope));
});

const HISTOGRAM = `# TYPE stop_seconds histogram
stop_seconds_bucket{le="0.01"} 10
stop_seconds_bucket{le="0.02"} 20
stop_seconds_bucket{le="+Inf"} 20
stop_seconds_bucket_other{le="0.01"} 99
stop_seconds_count 20`;

Deno.test("a histogram's quantile is interpolated in its bucket", () => {
  const quantile = (share: number, before?: string) =>
    histogramQuantile(HISTOGRAM, { name: "stop_seconds", share, before });
  assert.equal(quantile(0.5), 0.01);
  assert.ok(Math.abs(quantile(0.95) - 0.019) < 1e-9);
  assert.ok(Number.isNaN(quantile(0.5, HISTOGRAM)), "nothing came since");
});

Deno.test("a histogram's quantile beyond the last bound is that bound", () => {
  const text = HISTOGRAM.replace('{le="+Inf"} 20', '{le="+Inf"} 100');
  const share = { name: "stop_seconds", share: 0.95 };
  assert.equal(histogramQuantile(text, share), 0.02);
});
