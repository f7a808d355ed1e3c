import type { CellResult, Measured } from "./cell_result.ts";

/** What a sweep says about one number of shards. */
export interface Verdict {
  readonly shards: number;
  /** The most calls that met the limits, with fewer not failing them; 0 for none. */
  readonly carried: number;
  /** What gave way at the next number of calls; missing when nothing did. */
  readonly gaveWay?: {
    readonly calls: number;
    readonly state: CellResult["state"];
    readonly reasons: readonly string[];
    /** What was busiest then. */
    readonly busiest?: string;
  };
}

/** Sums up the cells of a sweep, one verdict for each number of shards. */
export function findVerdicts(cells: readonly CellResult[]): Verdict[] {
  const shardCounts = [...new Set(cells.map(({ shards }) => shards))];
  return shardCounts.map((shards) =>
    findVerdict(shards, cells.filter((cell) => cell.shards === shards))
  );
}

/** A verdict as a sentence. */
export function describeVerdict({ shards, carried, gaveWay }: Verdict): string {
  const where = `${shards} shard${shards === 1 ? "" : "s"}`;
  const most = carried === 0
    ? `${where}: no number of calls met the limits`
    : `${where}: ${carried} calls met the limits`;
  if (gaveWay === undefined) return `${most}; nothing gave way.`;
  const { calls, state, reasons, busiest } = gaveWay;
  const what = state === "rejected"
    ? "the measurement itself gave way, which says nothing of the server"
    : "gave way first";
  const busy = busiest === undefined ? "" : ` Busiest: ${busiest}.`;
  return `${most}; at ${calls}, ${what}: ${reasons.join("; ")}.${busy}`;
}

/** The busiest thread or processor of a measurement. */
export function findBusiest(measured: Measured): string {
  const { server, callers, model, machineBusy } = measured;
  if (machineBusy > 0.9) {
    return `the machine itself, ${percent(machineBusy)} of all processors`;
  }
  const threads: [string, number][] = [
    ["the server's main thread", server.main],
    ["the server's media thread", server.media],
    ...server.workers.map((cores, shard): [string, number] => [
      `shard ${shard}`,
      cores,
    ]),
    ["the callers' process", callers.main],
    ["the model's process", model.main],
  ];
  const [name, cores] = threads.reduce((a, b) => b[1] > a[1] ? b : a);
  return `${name}, ${percent(cores)} of a core`;
}

function findVerdict(shards: number, cells: readonly CellResult[]): Verdict {
  const byCalls = [...cells].sort((a, b) => a.calls - b.calls);
  const bad = byCalls.find(({ state }) => state !== "met");
  const carried =
    byCalls.filter((cell) =>
      cell.state === "met" && (bad === undefined || cell.calls < bad.calls)
    ).at(-1)?.calls ?? 0;
  if (bad === undefined) return { shards, carried };
  const { calls, state, reasons, measured } = bad;
  const busiest = measured && findBusiest(measured);
  return { shards, carried, gaveWay: { calls, state, reasons, busiest } };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
