import { cellText } from "./cell_table.ts";
import type { Report } from "./report.ts";
import { drawReport } from "./report_html.ts";
import { describeCell, describeOverload, describeSoak } from "./result_text.ts";
import { describeVerdict } from "./verdict.ts";

/** Writes report.json and report.html into an existing folder. */
export function writeReport(folder: string, report: Report): void {
  const json = JSON.stringify(report, null, 2);
  Deno.writeTextFileSync(`${folder}/report.json`, `${json}\n`);
  Deno.writeTextFileSync(`${folder}/report.html`, drawReport(report));
}

/** A run as text for a terminal. */
export function describeRun(report: Report): string {
  const { cells, overloads, soak, verdicts, complete } = report;
  const parts = [
    ...cells.length > 0 ? [cellText(cells)] : [],
    ...cells.flatMap(describeCell),
    ...overloads.map(describeOverload),
    ...soak === undefined ? [] : [describeSoak(soak)],
    ...verdicts.map(describeVerdict),
    ...complete ? [] : ["The run was stopped before its end."],
  ];
  return parts.join("\n");
}
