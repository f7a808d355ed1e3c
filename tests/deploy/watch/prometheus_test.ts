import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { type NodeRig, withNode } from "../../support/node_rig.ts";
import {
  PROMETHEUS,
  startTool,
  testWithTool,
} from "../../support/debian_tool.ts";
import { COMING_METRICS } from "./coming_metrics.ts";
import { promqlNames } from "./promql_names.ts";
import {
  DEPLOY,
  readDeployed,
  readPanelQueries,
  readRules,
} from "./watch_files.ts";

/** Longer than it takes until something has been scraped and recorded. */
const DEADLINE_MS = 60_000;
const POLL_MS = 100;
const RECORDED = readRules("prometheus/rules/recording.yml");
const ALERTS = readRules("prometheus/rules/alerts.yml");
/** Alerts that wait for a machine to be busy for minutes, and begin to when it is for a moment. */
const OF_A_BUSY_MACHINE = [
  "EventLoopSlow",
  "NodeDown",
  "PlayoutUnderruns",
  "RtpJitter",
];

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
}

/** Prometheus with our configuration, but for its pace and its targets. */
async function writeConfiguration(folder: string, node: string) {
  const config = parse(readDeployed("prometheus/prometheus.yml"));
  config.global = {
    scrape_interval: "1s",
    scrape_timeout: "1s",
    evaluation_interval: "1s",
  };
  config.rule_files = [new URL("prometheus/rules/*.yml", DEPLOY).pathname];
  await Deno.writeTextFile(`${folder}/prometheus.yml`, stringify(config));
  await Deno.mkdir(`${folder}/targets`);
  const targets = { vapi: [node], alertmanager: [] };
  for (const [name, addresses] of Object.entries(targets)) {
    const text = stringify([{ targets: addresses }]);
    await Deno.writeTextFile(`${folder}/targets/${name}.yml`, text);
  }
}

async function withPrometheus(
  command: string,
  node: string,
  body: (ask: (path: string) => Promise<unknown>) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  try {
    await writeConfiguration(folder, node);
    await using prometheus = await startTool(command, [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      "--web.listen-address=127.0.0.1:0",
    ]);
    await body(async (path) => {
      const response = await fetch(`${prometheus.url}/api/v1/${path}`);
      const answer = await response.json();
      assert.equal(answer.status, "success", `${path}: ${answer.error}`);
      return answer.data;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type Query = (expr: string) => Promise<readonly Sample[]>;

async function until(
  what: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!await isSo()) {
    assert.ok(performance.now() < deadlineMs, `It never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function placeCall(rig: NodeRig): Promise<void> {
  const heard = Promise.withResolvers<void>();
  const call = rig.call({ arrived: () => heard.resolve() });
  await heard.promise;
  call.hangUp();
  await call.ended;
  await rig.logged("The call has ended", (line) => line.callId === call.uuid);
}

/** The metrics at the bottom of an expression, through the recordings. */
function bottomNames(expr: string): string[] {
  return promqlNames(expr).flatMap((name) => {
    const recorded = RECORDED.find(({ record }) => record === name);
    return recorded === undefined ? [name] : bottomNames(recorded.expr);
  });
}

/** Names that have a sample on the node now; those with labels come with their first event. */
async function livingNames(rig: NodeRig): Promise<Set<string>> {
  const lines = (await rig.server.metrics()).split("\n");
  const names = lines.map((line) => /^[a-z]\w*/.exec(line)?.[0] ?? "");
  return new Set([...names, "up"]).difference(new Set(COMING_METRICS));
}

testWithTool(
  PROMETHEUS,
  "Prometheus takes every query and rule, and has data of a node that carries calls",
  async (command) => {
    const environment = { BUDGET_CNY_PER_DAY: "1000" };
    await withNode({ environment }, async (rig) => {
      const node = rig.server.httpUrl.replace("http://", "");
      await withPrometheus(command, node, async (ask) => {
        const query: Query = async (expr) => {
          const path = `query?query=${encodeURIComponent(expr)}`;
          return (await ask(path) as { result: Sample[] }).result;
        };
        const counted = (calls: number) => async () =>
          (await query(`sum(vapi_calls_ended_total) == ${calls}`)).length > 0;
        // A series that is born by a call has no rate before the next one.
        for (const calls of [1, 2]) {
          await placeCall(rig);
          await until(`call ${calls} is scraped`, counted(calls));
        }
        const isRecorded = async () =>
          (await query("vapi:calls_successful:ratio_rate5m")).length > 0;
        await until("the success rate is recorded", isRecorded);
        await checkPanels(rig, query);
        for (const { expr } of ALERTS) await query(expr);
        await checkRules(ask);
        const alerting = await query("ALERTS");
        const names = alerting.map(({ metric }) => metric.alertname);
        assert.deepEqual(names.filter(isSerious), []);
      });
    });
  },
);

/** Whether an alert speaks against a node that is healthy: not one on metrics that are not set yet, nor one of a busy machine. */
function isSerious(name: string): boolean {
  if (OF_A_BUSY_MACHINE.includes(name)) return false;
  const { expr } = ALERTS.find(({ alert }) => alert === name)!;
  return !bottomNames(expr).some((each) => COMING_METRICS.includes(each));
}

async function checkPanels(rig: NodeRig, query: Query): Promise<void> {
  const living = await livingNames(rig);
  let withData = 0;
  for (const { where, expr } of readPanelQueries()) {
    const isLiving = bottomNames(expr).every((name) => living.has(name));
    const hasData = async () => (await query(expr)).length > 0;
    if (isLiving) await until(`${where} has data`, hasData);
    else await query(expr);
    if (isLiving) withData++;
  }
  assert.ok(withData > 25, `only ${withData} queries are about living metrics`);
}

/** Mistakes such as series that match more than one show only when rules are evaluated. */
async function checkRules(ask: (path: string) => Promise<unknown>) {
  const { groups } = await ask("rules") as {
    groups: { rules: { name: string; health: string; lastError?: string }[] }[];
  };
  const rules = groups.flatMap(({ rules }) => rules);
  assert.equal(rules.length, RECORDED.length + ALERTS.length);
  for (const { name, health, lastError } of rules) {
    assert.equal(health, "ok", `${name}: ${lastError}`);
  }
}
