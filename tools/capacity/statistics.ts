/** How a set of measured values lies; NaN where there is none. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The quantiles of values in any order. */
export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort();
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? NaN,
  };
}

/** The smallest of the sorted values that `share` of them do not exceed (nearest rank); NaN of none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return NaN;
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank - 1))];
}

/** A straight line, by least squares. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** Fits a line to points; level when all stand at one x. */
export function fitLine(
  points: readonly (readonly [x: number, y: number])[],
): Line {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  let product = 0;
  let square = 0;
  for (const [x, y] of points) {
    product += (x - meanX) * (y - meanY);
    square += (x - meanX) ** 2;
  }
  const slope = square === 0 ? 0 : product / square;
  return { slope, intercept: meanY - slope * meanX };
}

/**
 * A quantile of a Prometheus histogram in text form, interpolated within its
 * bucket; the largest bound when it lies beyond, NaN of nothing. `before` is
 * subtracted, for what came between two readings.
 */
export function histogramQuantile(
  text: string,
  { name, share, before = "" }: {
    readonly name: string;
    readonly share: number;
    readonly before?: string;
  },
): number {
  const earlier = new Map(readBuckets(before, name));
  const buckets = readBuckets(text, name).map(([bound, count]) =>
    [bound, count - (earlier.get(bound) ?? 0)] as const
  );
  const rank = share * (buckets.at(-1)?.[1] ?? 0);
  if (rank === 0) return NaN;
  let [lowBound, lowCount] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= rank && Number.isFinite(bound)) {
      const part = (rank - lowCount) / (count - lowCount);
      return lowBound + part * (bound - lowBound);
    }
    if (Number.isFinite(bound)) [lowBound, lowCount] = [bound, count];
  }
  return lowBound;
}

function readBuckets(text: string, name: string): [number, number][] {
  const buckets: [number, number][] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith(`${name}_bucket{`)) continue;
    const bound = /le="([^"]+)"/.exec(line)?.[1];
    const count = Number(line.slice(line.lastIndexOf(" ") + 1));
    buckets.push([bound === "+Inf" ? Infinity : Number(bound), count]);
  }
  return buckets.sort(([a], [b]) => a - b);
}
