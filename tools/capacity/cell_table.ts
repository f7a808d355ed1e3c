import { drawTable } from "../table.ts";
import type { CellResult, Measured } from "./cell_result.ts";

/** A column: its head, and what stands in it. */
type Column = readonly [head: string, cell: (measured: Measured) => string];

const MEASURED: readonly Column[] = [
  ["set-up p50/95/99", ({ setup }) => three(setup)],
  ["/s", ({ setupsPerSecond }) => setupsPerSecond.toFixed(0)],
  ["uplink p50/95/99", ({ uplinkMs }) => three(uplinkMs)],
  ["downlink p50/95/99", ({ downlinkMs }) => three(downlinkMs)],
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
  ["server", ({ server }) => cores(server.all)],
  ["main", ({ server }) => cores(server.main)],
  ["media", ({ server }) => cores(server.media)],
  [
    "shards",
    ({ server }) => server.workers.map(cores).join(" "),
  ],
  ["mcores/call", ({ cpuPerCallCores }) => (1000 * cpuPerCallCores).toFixed(2)],
  ["KiB/call", ({ bytesPerCall }) => (bytesPerCall / 1024).toFixed(0)],
  ["callers", ({ callers }) => cores(callers.main)],
  ["model", ({ model }) => cores(model.main)],
  ["machine", ({ machineBusy }) => `${Math.round(100 * machineBusy)} %`],
  ["stolen", ({ stolen }) => `${Math.round(100 * stolen)} %`],
];

/** The columns' heads, with those that name the cell. */
export const CELL_HEADS: readonly string[] = [
  "shards",
  "calls",
  "verdict",
  ...MEASURED.map(([head]) => head),
];

/** A cell as a row under {@linkcode CELL_HEADS}; times in milliseconds, CPU in cores. */
export function cellRow(cell: CellResult): string[] {
  const { shards, calls, round, state, measured } = cell;
  return [
    String(shards),
    round > 1 ? `${calls} again` : String(calls),
    state,
    ...MEASURED.map(([, show]) => measured === undefined ? "" : show(measured)),
  ];
}

/** All cells as a text table. */
export function cellTable(cells: readonly CellResult[]): string {
  return drawTable(CELL_HEADS, cells.map(cellRow));
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
