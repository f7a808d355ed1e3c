import { drawTable } from "../table.ts";
import type { ScenarioResult } from "./run_scenario.ts";
import { drawTimelines } from "./timeline_svg.ts";

/** Of what was counted under one figure. */
const MOST_LINES = 5;

/** Whether every figure of every scenario keeps its limit. */
export function allMet(results: readonly ScenarioResult[]): boolean {
  return results.every(({ findings }) => findings.every(({ met }) => met));
}

/** One table over all scenarios. */
export function tableOf(results: readonly ScenarioResult[]): string {
  const rows = results.flatMap(({ name, findings }) =>
    findings.map(({ what, figure, limit, met }) => [
      name,
      what,
      figure,
      limit,
      limit === "–" ? "" : met ? "✓" : "✗",
    ])
  );
  return drawTable(["scenario", "what", "figure", "limit", "met"], rows);
}

/** What broke a limit, in words, one line each; empty when nothing did. */
export function problemsOf(results: readonly ScenarioResult[]): string {
  const lines = results.flatMap(({ name, findings }) =>
    findings.filter(({ met }) => !met).flatMap(({ what, counted = {} }) =>
      Object.entries(counted).slice(0, MOST_LINES).map(([words, count]) =>
        `${name}: ${what}: ${count} × ${words}`
      )
    )
  );
  return lines.join("\n");
}

/** Writes report.json and timeline.svg into a folder. */
export async function writeReport(
  folder: string,
  results: readonly ScenarioResult[],
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const scenarios = results.map(({ timeline: _, ...result }) => result);
  const report = { met: allMet(results), scenarios };
  const timelines = results.flatMap(({ timeline }) =>
    timeline === undefined || timeline.calls.length === 0 ? [] : [timeline]
  );
  const json = `${JSON.stringify(report, null, 2)}\n`;
  await Deno.writeTextFile(`${folder}/report.json`, json);
  await Deno.writeTextFile(`${folder}/timeline.svg`, drawTimelines(timelines));
}
