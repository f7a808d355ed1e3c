import type { CellResult, Measured } from "./cell_result.ts";
import { CELL_TABLES, type CellTable } from "./cell_table.ts";
import { drawPlot, escape, type Plot, type PlotLine } from "./line_plot.ts";
import { LIMITS } from "./limits.ts";
import type { Report } from "./report.ts";
import { describeCell, describeOverload, describeSoak } from "./result_text.ts";
import { describeVerdict } from "./verdict.ts";

const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1340px;padding:0 1rem;color:#111;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(380px,1fr));gap:1rem}
svg{width:100%;height:auto;border:1px solid #ddd;border-radius:6px;font-size:11px}
.title{font-weight:600;font-size:13px}.grid{stroke:#e5e5e5}.limit{stroke:#dc2626;stroke-dasharray:5 4}
.y{text-anchor:end;fill:#555}.x{text-anchor:middle;fill:#555}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;white-space:nowrap}
th,td{padding:3px 8px;border-bottom:1px solid #ddd;text-align:left}
.met{color:#047857}.failed,.broken{color:#b91c1c}.rejected{color:#92400e}
`;

/** A run as one HTML page without anything from elsewhere. */
export function drawReport(report: Report): string {
  const { options, machine, verdicts, complete } = report;
  const facts = [
    `${machine.processors} processors, ${
      (machine.memoryBytes / 2 ** 30).toFixed(1)
    } GiB, Linux ${machine.kernel}, Deno ${machine.deno}`,
    `load before the run: ${report.loadAtStart.toFixed(2)}`,
    `profile ${options.profile}, ${options.line} lines at ${options.rateHz} Hz, ${options.resampler}, ${options.seconds} s a measurement, ${options.setupsPerSecond} set-ups a second`,
    report.startedAt,
    ...complete ? [] : ["stopped before its end"],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Capacity</title><style>${STYLE}</style></head><body>
<h1>Capacity</h1>
<p>${facts.map(escape).join("<br>")}</p>
${section("Verdict", verdicts.map((v) => paragraph(describeVerdict(v))))}
${drawPlots(plotsOf(report))}
${report.cells.length > 0 ? drawCells(report.cells) : ""}
${
    section(
      "Overload",
      report.overloads.map((o) => paragraph(describeOverload(o))),
    )
  }
${section("Soak", report.soak ? [paragraph(describeSoak(report.soak))] : [])}
${section("Limits", [paragraph(describeLimits())])}
</body></html>
`;
}

function drawPlots(plots: readonly Plot[]): string {
  const filled = plots.filter(({ lines }) =>
    lines.some(({ points }) => points.length > 0)
  );
  if (filled.length > 0) return section("Plots", filled.map(drawPlot), "plots");
  const words =
    "There is nothing to plot: a measurement that was rejected is no point of a line.";
  return plots.length > 0 ? section("Plots", [paragraph(words)]) : "";
}

function section(
  title: string,
  parts: readonly string[],
  className = "",
): string {
  if (parts.length === 0) return "";
  return `<h2>${title}</h2><div class="${className}">${parts.join("\n")}</div>`;
}

function paragraph(text: string): string {
  return `<p>${escape(text)}</p>`;
}

function plotsOf(report: Report): Plot[] {
  const { cells, soak } = report;
  return [
    ...cells.length > 0 ? cellPlots(cells) : [],
    ...soak === undefined ? [] : [{
      title: "Memory over the calls made",
      xTitle: "calls",
      yTitle: "MiB",
      lines: [{
        name: "server",
        points: soak.samples.map((s) =>
          [s.calls, s.memoryBytes / 2 ** 20] as const
        ),
      }],
    }],
  ];
}

function cellPlots(cells: readonly CellResult[]): Plot[] {
  const plot = (
    [title, yTitle]: readonly [string, string],
    y: (measured: Measured) => number,
    limit?: number,
  ): Plot => ({
    title,
    yTitle,
    xTitle: "calls",
    limit,
    lines: linesOf(cells, y),
  });
  const quantiles = ["p50", "p95", "p99"] as const;
  return [
    plot(["CPU of a call", "% of a core"], (m) => 100 * m.cpuPerCallCores),
    plot(["CPU of the server", "cores"], (m) => m.server.all),
    plot(["Memory of a call", "KiB"], (m) => m.bytesPerCall / 1024),
    ...quantiles.map((q) =>
      plot(
        [`Uplink delay ${q}`, "ms"],
        (m) => m.uplinkMs[q],
        q === "p99" ? LIMITS.uplinkP99Ms : undefined,
      )
    ),
    ...quantiles.map((q) =>
      plot(
        [`Downlink delay ${q}`, "ms"],
        (m) => m.downlinkMs[q],
        q === "p99" ? LIMITS.downlinkP99Ms : undefined,
      )
    ),
    ...quantiles.map((q) => plot([`Set-up ${q}`, "ms"], (m) => m.setup[q])),
  ];
}

/** One line for each number of shards; a rejected measurement is no point of it. */
function linesOf(
  cells: readonly CellResult[],
  y: (measured: Measured) => number,
): PlotLine[] {
  const shardCounts = [...new Set(cells.map(({ shards }) => shards))];
  return shardCounts.map((shards) => ({
    name: `${shards} shard${shards === 1 ? "" : "s"}`,
    points: cells.flatMap(({ measured, state, round, ...cell }) =>
      cell.shards !== shards || round > 1 || state === "rejected" ||
        measured === undefined
        ? []
        : [[cell.calls, y(measured)] as const]
    ),
  }));
}

function drawCells(cells: readonly CellResult[]): string {
  const reasons = cells.flatMap(describeCell);
  return [
    ...CELL_TABLES.map((table) =>
      section(table.title, [drawTable(table, cells)], "wide")
    ),
    paragraph(
      "“missing” is FreeSWITCH's count of frames missing inside answers, in brackets the server's over the calls' whole life.",
    ),
    ...reasons.map(paragraph),
  ].join("\n");
}

function drawTable(
  { heads, row }: CellTable,
  cells: readonly CellResult[],
): string {
  const head = heads.map((text) => `<th>${escape(text)}</th>`).join("");
  const rows = cells.map((cell) => {
    const data = row(cell).map((text) => `<td>${escape(text)}</td>`).join("");
    return `<tr class="${cell.state}">${data}</tr>`;
  });
  return `<table><tr>${head}</tr>${rows.join("")}</table>`;
}

function describeLimits(): string {
  const { uplinkP99Ms, downlinkP99Ms, setupsPerSecond, bargeInP95Ms } = LIMITS;
  return `No frame lost, doubled or out of order; none missing inside an answer; uplink p99 at most ${uplinkP99Ms} ms; downlink p99 at most ${downlinkP99Ms} ms; barge-in p95 at most ${bargeInP95Ms} ms; at least ${setupsPerSecond} set-ups a second (or as many as were placed).`;
}
