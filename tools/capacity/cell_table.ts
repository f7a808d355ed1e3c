import { drawTable } from "../table.ts";
import type { CellResult, Measured } from "./cell_result.ts";

/** A column: its head, and what stands in it. */
type Column = readonly [head: string, cell: (measured: Measured) => string];

/** One of the tables about the cells. */
export interface CellTable {
  readonly title: string;
  readonly heads: readonly string[];
  row(cell: CellResult): string[];
}

const HEARD: readonly Column[] = [
  ["set-up", ({ setup }) => three(setup)],
  ["set-ups/s", ({ setupsPerSecond }) => setupsPerSecond.toFixed(0)],
  ["uplink", ({ uplinkMs }) => three(uplinkMs)],
  ["downlink", ({ downlinkMs }) => three(downlinkMs)],
  ["barge-in p95", ({ bargeInMs }) => number(bargeInMs?.p95 ?? NaN)],
  [
    "lost up/down",
    ({ uplinkFrames, downlinkFrames }) =>
      `${uplinkFrames.lost}/${downlinkFrames.lost}`,
  ],
  [
    "missing",
    ({ underrunFrames, serverUnderrunFrames }) =>
      `${underrunFrames} (${serverUnderrunFrames})`,
  ],
];

const COST: readonly Column[] = [
  [
    "CPU a call",
    ({ cpuPerCallCores }) => `${(100 * cpuPerCallCores).toFixed(3)} %`,
  ],
  [
    "memory a call",
    ({ bytesPerCall }) => `${(bytesPerCall / 1024).toFixed(0)} KiB`,
  ],
  ["server", ({ server }) => cores(server.all)],
  ["main", ({ server }) => cores(server.main)],
  ["media", ({ server }) => cores(server.media)],
  ["each shard", ({ server }) => server.workers.map(cores).join(" ")],
  ["callers", ({ callers }) => cores(callers.main)],
  ["model", ({ model }) => cores(model.main)],
  ["machine", ({ machineBusy }) => `${Math.round(100 * machineBusy)} %`],
  ["stolen", ({ stolen }) => `${Math.round(100 * stolen)} %`],
];

/** What there is to know of a cell, in tables that fit a terminal. */
export const CELL_TABLES: readonly CellTable[] = [
  tableOf("What callers got; times in ms, p50 p95 p99", HEARD),
  tableOf(
    "What it cost, in processors; “stolen” is what the machine's own host took",
    COST,
  ),
];

/** All cells as text. */
export function cellText(cells: readonly CellResult[]): string {
  return CELL_TABLES
    .map(({ title, heads, row }) =>
      `${title}\n${drawTable(heads, cells.map(row))}`
    )
    .join("\n\n");
}

function tableOf(title: string, columns: readonly Column[]): CellTable {
  return {
    title,
    heads: ["shards", "calls", "verdict", ...columns.map(([head]) => head)],
    row: ({ shards, calls, round, state, measured }) => [
      String(shards),
      round > 1 ? `${calls} again` : String(calls),
      state,
      ...columns.map(([, show]) =>
        measured === undefined ? "" : show(measured)
      ),
    ],
  };
}

function three({ p50, p95, p99 }: Measured["setup"]): string {
  return [p50, p95, p99].map(number).join(" ");
}

function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toFixed(value < 10 ? 1 : 0);
}

function cores(value: number): string {
  return value.toFixed(2);
}
