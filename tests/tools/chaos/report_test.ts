import assert from "node:assert/strict";
import {
  atMost,
  exactly,
  missing,
  none,
  only,
} from "../../../tools/chaos/finding.ts";
import { allMet, problemsOf, tableOf } from "../../../tools/chaos/report.ts";
import { drawTimelines } from "../../../tools/chaos/timeline_svg.ts";
import { readXml } from "../../support/xml_reader.ts";

const OPTIONS = { calls: 1, nodes: 1, seconds: 1, seed: 1, faults: 1 };

Deno.test("a figure is met up to its limit, and never when it is no number", () => {
  assert.ok(atMost("gap", 1.5, { most: 1.5, unit: "s" }).met);
  assert.ok(!atMost("gap", 1.501, { most: 1.5, unit: "s" }).met);
  assert.ok(!atMost("gap", NaN, { most: 1.5, unit: "s" }).met);
  assert.equal(atMost("gap", NaN, { most: 1, unit: "s" }).figure, "none s");
  assert.ok(exactly("hung up", 0, 0).met);
  assert.ok(!exactly("hung up", 1, 0).met);
  assert.ok(!missing("events", "the stream is empty").met);
});

Deno.test("the table shows each figure with its limit, and the verdict counts all", () => {
  const findings = [only("before", 0.123, "s"), exactly("hung up", 2, 0)];
  const result = { name: "x", what: "y", options: OPTIONS, findings };
  const table = tableOf([result]);
  assert.match(table, /before +0\.12 s +–$/m);
  assert.match(table, /hung up +2 +0 +✗$/m);
  assert.ok(!allMet([result]));
  assert.ok(allMet([{ ...result, findings: findings.slice(0, 1) }]));
});

Deno.test("what broke a limit is told in words, with how often it was", () => {
  const findings = [
    none("hung up", ["BUSY", "BUSY", "TIMEOUT"]),
    none("misuses", []),
  ];
  const result = { name: "x", what: "y", options: OPTIONS, findings };
  const lines = problemsOf([result]).split("\n");
  assert.deepEqual(lines, ["x: hung up: 2 × BUSY", "x: hung up: 1 × TIMEOUT"]);
});

Deno.test("the picture is well-formed, whatever a label says", () => {
  const heard = [{ fromMs: 0, toMs: 500 }, { fromMs: 800, toMs: 1000 }];
  const call = { name: "a", fromMs: 0, toMs: 1000, heard };
  const marks = [{ atMs: 500, label: 'kill <"&' }];
  const svg = drawTimelines([
    { title: "a & b", calls: [call, call], marks },
    { title: "c", calls: [call], marks: [] },
  ]);
  const root = readXml(svg);
  assert.equal(root.name, "svg");
  assert.equal(svg.match(/<g /g)?.length, 2);
  assert.ok(svg.includes("kill &lt;"));
});
