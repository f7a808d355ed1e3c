import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { SILENT_LOG } from "../../../src/telemetry/log.ts";
import { Relay } from "../../../tools/alert_relay/relay.ts";
import { Robot } from "../../../tools/alert_relay/robot.ts";
import {
  type FakeRobot,
  type RobotRequest,
  startFakeRobot,
} from "../../tools/alert_relay/fake_robot.ts";
import {
  ALERTMANAGER,
  AMTOOL,
  runTool,
  startTool,
  testWithTool,
} from "../../support/debian_tool.ts";
import { DEPLOY, readDeployed, readRules } from "./watch_files.ts";

const CONFIG = "alertmanager/alertmanager.yml";
const PATH = new URL(CONFIG, DEPLOY).pathname;
const ALERTS = new Set(
  readRules("prometheus/rules/alerts.yml").map(({ alert }) => alert!),
);

interface Matched {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
}

testWithTool(
  AMTOOL,
  "Alertmanager's configuration is valid, and severities have their receivers",
  async (amtool) => {
    await runTool(amtool, ["check-config", PATH]);
    for (
      const [severity, receiver] of [["page", "vapi-page"], [
        "ticket",
        "vapi-team",
      ]]
    ) {
      const args = ["config", "routes", "test", `--config.file=${PATH}`];
      const output = await runTool(amtool, [...args, `severity=${severity}`]);
      assert.ok(output.split("\n").includes(receiver), output);
    }
  },
);

Deno.test("Alertmanager holds back and is held back by alerts that exist", () => {
  const { inhibit_rules } = parse(readDeployed(CONFIG));
  const texts = inhibit_rules.flatMap((rule: Matched) => [
    ...rule.source_matchers,
    ...rule.target_matchers,
  ]);
  assert.ok(texts.length > 10);
  for (const text of texts) {
    const [, sign, value] = /^alertname(=~|!=|=)"(.+)"$/.exec(text) ?? [];
    assert.ok(sign !== undefined, text);
    for (const name of value.split("|")) {
      const isThere = name.endsWith(".*")
        ? [...ALERTS].some((alert) => alert.startsWith(name.slice(0, -2)))
        : ALERTS.has(name);
      assert.ok(isThere, `${name} is no alert`);
    }
  }
});

Deno.test("each receiver tells DingTalk and WeCom by the relay, and only pages call everybody", () => {
  const { receivers } = parse(readDeployed(CONFIG));
  for (const { name, webhook_configs } of receivers) {
    const urls: URL[] = webhook_configs.map(({ url }: { url: string }) =>
      new URL(url)
    );
    assert.deepEqual(urls.map((url) => url.pathname), ["/dingtalk", "/wecom"]);
    const mention = name === "vapi-page" ? "all" : null;
    for (const { searchParams, port } of urls) {
      assert.equal(port, "9098");
      assert.equal(searchParams.get("mention"), mention);
    }
  }
});

/** Our configuration, but for its pace, Slack, and where the relay is. */
async function writeConfiguration(folder: string, relayPort: number) {
  const config = parse(readDeployed(CONFIG));
  delete config.global.slack_api_url_file;
  for (const receiver of config.receivers) {
    delete receiver.slack_configs;
    for (const webhook of receiver.webhook_configs) {
      webhook.url = webhook.url.replace(":9098", `:${relayPort}`);
    }
  }
  for (const route of [config.route, ...config.route.routes]) {
    route.group_wait = "1s";
    route.group_interval = "1s";
  }
  await Deno.writeTextFile(`${folder}/alertmanager.yml`, stringify(config));
  await Deno.copyFile(
    new URL("alertmanager/slack.tmpl", DEPLOY),
    `${folder}/slack.tmpl`,
  );
}

/** Alertmanager, the relay and both robots. */
async function withWatch(
  command: string,
  body: (watch: {
    post(alerts: readonly unknown[]): Promise<void>;
    dingTalk: FakeRobot;
    weCom: FakeRobot;
  }) => Promise<void>,
) {
  let refusals = 1;
  // The first message is refused, so that Alertmanager must repeat.
  await using dingTalk = startFakeRobot(() =>
    Response.json({ errcode: refusals-- > 0 ? 130101 : 0, errmsg: "" })
  );
  await using weCom = startFakeRobot();
  const relay = new Relay({
    log: SILENT_LOG,
    bodyTimeoutMs: 30_000,
    robots: [
      new Robot("dingtalk", { url: dingTalk.url, timeoutMs: 30_000 }),
      new Robot("wecom", { url: weCom.url, timeoutMs: 30_000 }),
    ],
  });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => relay.answer(request),
  );
  const folder = await Deno.makeTempDir();
  try {
    await writeConfiguration(folder, server.addr.port);
    await using alertmanager = await startTool(command, [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`,
      "--web.listen-address=127.0.0.1:0",
      "--cluster.listen-address=",
    ]);
    const post = async (alerts: readonly unknown[]) => {
      const response = await fetch(`${alertmanager.url}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(alerts),
      });
      assert.equal(response.status, 200, await response.text());
    };
    await body({ post, dingTalk, weCom });
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

function alertOf(alertname: string, labels: Record<string, string>) {
  return {
    labels: { alertname, ...labels },
    annotations: { summary: `摘要 ${alertname}` },
    startsAt: new Date().toISOString(),
  };
}

const says = (words: string) => ({ body }: RobotRequest) =>
  body.text.content.includes(words);

testWithTool(
  ALERTMANAGER,
  "a page reaches both groups, is repeated when a robot refuses, and hides what it explains",
  async (command) => {
    await withWatch(command, async ({ post, dingTalk, weCom }) => {
      const down = alertOf("NodeDown", { severity: "page", instance: "a" });
      const hidden = alertOf("StoreDown", { severity: "page", instance: "a" });
      const shown = alertOf("StoreDown", { severity: "page", instance: "b" });
      const ticket = alertOf("OddVersion", {
        severity: "ticket",
        instance: "b",
      });
      await post([down, { ...hidden, annotations: { summary: "hidden" } }]);
      const page = await weCom.received(says("摘要 NodeDown"));
      assert.deepEqual(page.body.text.mentioned_list, ["@all"]);
      const again = await dingTalk.received((request) =>
        says("摘要 NodeDown")(request) &&
        request !== dingTalk.requests.find(says("摘要 NodeDown"))
      );
      assert.equal(again.body.at.isAtAll, true);
      await post([shown, ticket]);
      const store = await weCom.received(says("摘要 StoreDown"));
      assert.ok(!says("hidden")(store), "what a dead node explains is told");
      const told = await weCom.received(says("摘要 OddVersion"));
      assert.deepEqual(told.body.text.mentioned_list, []);
      await post([{ ...down, endsAt: new Date().toISOString() }]);
      // What was hidden comes when its reason is gone.
      await weCom.received(says("hidden"));
    });
  },
);
