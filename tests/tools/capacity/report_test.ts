import assert from "node:assert/strict";
import { drawPlot } from "../../../tools/capacity/line_plot.ts";
import { readOptions } from "../../../tools/capacity/options.ts";
import { collectReport } from "../../../tools/capacity/report.ts";
import { drawReport } from "../../../tools/capacity/report_html.ts";
import { describeRun } from "../../../tools/capacity/write_report.ts";
import { cellWith } from "./results.ts";

function report(complete = true) {
  return collectReport({
    options: readOptions([])!,
    startedAt: new Date(0),
    loadAtStart: 0.25,
    complete,
    cells: [
      cellWith(),
      cellWith({ underrunFrames: 7 }, { calls: 400 }),
      cellWith({ othersBusy: 0.5, cpuPerCallCores: 5 }, { calls: 1000 }),
      cellWith({}, { shards: 2 }),
    ],
    overloads: [],
  });
}

Deno.test("a report's page needs nothing from elsewhere and has a plot for each measure", () => {
  const html = drawReport(report());
  assert.doesNotMatch(html, /<script|<link|<img|@import|url\(/);
  assert.doesNotMatch(
    html.replaceAll("http://www.w3.org/2000/svg", ""),
    /http/,
  );
  for (
    const title of ["CPU of a call", "Memory of a call", "Uplink delay p99"]
  ) {
    assert.ok(html.includes(`aria-label="${title}"`), title);
  }
  assert.ok(html.includes("1 shard: 100 calls met the limits"));
  assert.ok(html.includes("7 frames were missing inside answers"));
});

Deno.test("a plot has one line for each number of shards, without rejected measurements", () => {
  const html = drawReport(report());
  const [plot] = /<svg[^>]*aria-label="CPU of a call".*?<\/svg>/s.exec(html)!;
  assert.equal(plot.match(/<circle/g)?.length, 3);
  assert.ok(plot.includes("1 shard<") && plot.includes("2 shards<"), plot);
});

Deno.test("a page without a measurement that counts has no empty plots", () => {
  const html = drawReport(collectReport({
    ...report(),
    options: readOptions([])!,
    startedAt: new Date(0),
    cells: [cellWith({ othersBusy: 0.5 })],
  }));
  assert.ok(!html.includes("<svg"), html);
  assert.ok(html.includes("nothing to plot"));
});

Deno.test("a report's tables have units and fit a terminal of 120 columns", () => {
  const lines = describeRun(report()).split("\n");
  const rules = lines.filter((line) => line.startsWith("──"));
  const heads = lines.filter((line) => line.startsWith("shards  calls"));
  assert.equal(heads.length, 2);
  assert.match(lines[0], /times in ms, p50 p95 p99/);
  assert.match(heads[0], /set-up .*uplink .*downlink/);
  assert.match(heads[1], /CPU a call .*memory a call .*server/);
  assert.equal(rules.length, 2);
  for (const line of [...heads, ...rules]) assert.ok(line.length <= 120, line);
});

Deno.test("a report's text says that the run was stopped", () => {
  assert.doesNotMatch(describeRun(report()), /stopped/);
  assert.match(describeRun(report(false)), /stopped before its end/);
  assert.match(drawReport(report(false)), /stopped before its end/);
});

Deno.test("a report survives JSON", () => {
  const text = JSON.stringify(report());
  const parsed = JSON.parse(text);
  assert.equal(parsed.cells[0].measured.uplinkMs.p99, 40);
  assert.equal(parsed.verdicts[0].carried, 100);
  assert.equal(parsed.startedAt, "1970-01-01T00:00:00.000Z");
});

Deno.test("a plot keeps its lines inside and escapes its words", () => {
  const svg = drawPlot({
    title: "a<b & c",
    xTitle: "calls",
    yTitle: "ms",
    limit: 80,
    lines: [
      { name: "one", points: [[0, 0], [100, NaN], [1000, 35]] },
      { name: "absent", points: [[1, NaN]] },
    ],
  });
  assert.ok(svg.includes("a&#60;b &#38; c"));
  assert.ok(!svg.includes("NaN") && !svg.includes("absent"), svg);
  const [, x, y] = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)][1];
  assert.ok(Number(x) > 56 && Number(x) <= 408, x);
  assert.ok(Number(y) >= 30 && Number(y) < 204, y);
});
