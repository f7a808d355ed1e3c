import assert from "node:assert/strict";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { COMING_METRICS } from "./coming_metrics.ts";
import { PROMTOOL, runTool, testWithTool } from "../../support/debian_tool.ts";
import { promqlNames } from "./promql_names.ts";
import {
  DEPLOY,
  listDeployed,
  readPanelQueries,
  readRules,
  readRuleTests,
} from "./watch_files.ts";

/** What Prometheus and Alertmanager have by themselves. */
const OTHERS = ["up", "ALERTS", "alertmanager_notifications_failed_total"];

const ALERTS = readRules("prometheus/rules/alerts.yml");
const RECORDED = readRules("prometheus/rules/recording.yml");
const TESTS = readRuleTests();
const KNOWN = await knownNames();

/** The names of all series: a histogram has none under its bare name. */
async function knownNames(): Promise<Set<string>> {
  const names = [...OTHERS, ...RECORDED.map(({ record }) => record!)];
  const own = await createMetrics().registry.getMetricsAsJSON();
  for (const { name, type } of own) {
    // prom-client's types say it is an enum, and its values are these texts.
    if (String(type) !== "histogram") names.push(name);
    else names.push(...histogramSeries(name));
  }
  names.push(...COMING_METRICS);
  return new Set(names);
}

function histogramSeries(name: string): string[] {
  return ["_bucket", "_sum", "_count"].map((end) => name + end);
}

const path = (file: string) => new URL(file, DEPLOY).pathname;

testWithTool(
  PROMTOOL,
  "Prometheus' configuration and rules are valid",
  async (promtool) => {
    await runTool(promtool, [
      "check",
      "config",
      path("prometheus/prometheus.yml"),
    ]);
  },
);

testWithTool(
  PROMTOOL,
  "each alert fires and falls silent when its unit test says so",
  async (promtool) => {
    const files = listDeployed("prometheus/tests/").map(path);
    await runTool(promtool, ["test", "rules", ...files]);
  },
);

Deno.test("there are alerts, recordings, unit tests and queries to look at", () => {
  assert.ok(ALERTS.length > 30 && RECORDED.length > 5);
  assert.ok(TESTS.length > 10 && readPanelQueries().length > 40);
});

Deno.test("no alert has the name of another", () => {
  const names = ALERTS.map(({ alert }) => alert);
  assert.equal(new Set(names).size, names.length);
});

for (const { alert, labels, annotations } of ALERTS) {
  const name = alert!;

  Deno.test(`${name} is shown to fire, and to be silent before or after`, () => {
    const checks = TESTS.flatMap((test) => test.promql_expr_test ?? [])
      .filter(({ expr }) => selectsAlert(expr, name));
    const fires = checks.filter(({ exp_samples }) => exp_samples?.length);
    assert.ok(fires.length > 0, "no unit test has it firing");
    assert.ok(checks.length > fires.length, "no unit test has it silent");
  });

  Deno.test(`${name} has a severity, a Chinese summary and a chapter in both documents`, () => {
    assert.ok(["page", "ticket"].includes(labels?.severity ?? ""));
    assert.match(annotations?.summary ?? "", /\p{Script=Han}/u);
    assert.match(annotations?.description ?? "", /\p{Script=Han}/u);
    const anchor = name.toLowerCase();
    assert.equal(annotations?.runbook, `docs/alerts.zh-CN.md#${anchor}`);
    for (const document of ["alerts.md", "alerts.zh-CN.md"]) {
      const text = Deno.readTextFileSync(
        new URL(`../docs/${document}`, DEPLOY),
      );
      assert.match(text, new RegExp(`^#+ ${name}$`, "m"), document);
    }
  });
}

/** Whether a check of a unit test is about this alert by its name or, for silence, a pattern of names. */
function selectsAlert(expr: string, name: string): boolean {
  const found = /alertname(=~?)"([^"]*)"/.exec(expr);
  if (found === null || !expr.includes('alertstate="firing"')) return false;
  return found[1] === "="
    ? found[2] === name
    : new RegExp(`^(?:${found[2]})$`).test(name);
}

Deno.test("the documents have no chapter of an alert that is not there", () => {
  const names = new Set(ALERTS.map(({ alert }) => alert));
  for (const document of ["alerts.md", "alerts.zh-CN.md"]) {
    const text = Deno.readTextFileSync(new URL(`../docs/${document}`, DEPLOY));
    const chapters = [...text.matchAll(/^### (\w+)$/gm)].map(([, name]) =>
      name
    );
    assert.deepEqual(chapters.filter((name) => !names.has(name)), [], document);
    assert.equal(chapters.length, names.size, document);
  }
});

for (const { record, alert, expr } of [...RECORDED, ...ALERTS]) {
  Deno.test(`${record ?? alert} uses metrics that exist`, () => {
    assertKnown(expr);
  });
}

for (const { where, expr } of readPanelQueries()) {
  Deno.test(`the panel ${where} uses metrics that exist`, () =>
    assertKnown(expr));
}

function assertKnown(expr: string): void {
  const names = promqlNames(expr);
  assert.deepEqual(names.filter((name) => !KNOWN.has(name)), []);
}

Deno.test("each recording is used", () => {
  const used = new Set(
    [...RECORDED, ...ALERTS, ...readPanelQueries()].flatMap(({ expr }) =>
      promqlNames(expr)
    ),
  );
  const idle = RECORDED.filter(({ record }) => !used.has(record!));
  assert.deepEqual(idle.map(({ record }) => record), []);
});

Deno.test("the names in an expression are found, and nothing else", () => {
  assert.deepEqual(
    promqlNames(
      `histogram_quantile(0.95, sum by (le) (rate(a_bucket{x="y"}[5m]))) > 2
      and on (instance) (b:c unless b:c offset 15m) or sum(d) / on () group_left () e * 1.5`,
    ),
    ["a_bucket", "b:c", "d", "e"],
  );
});
