import assert from "node:assert/strict";
import { ConfigurationError } from "../../../src/errors.ts";
import {
  readSettings,
  RELAY_VARIABLES,
} from "../../../tools/alert_relay/settings.ts";

const WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k";

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

Deno.test("one robot is enough, and the rest has defaults", () => {
  const { host, port, robots } = readSettings({ WECOM_WEBHOOK_URL: WECOM });
  assert.deepEqual({ host, port }, { host: "127.0.0.1", port: 9098 });
  assert.deepEqual([...robots], [["wecom", { url: WECOM }]]);
});

Deno.test("a variable that is set to nothing counts as not set", () => {
  const settings = readSettings({
    WECOM_WEBHOOK_URL: ` ${WECOM} `,
    DINGTALK_WEBHOOK_URL: "",
    DINGTALK_SECRET: "  ",
  });
  assert.deepEqual([...settings.robots.keys()], ["wecom"]);
});

Deno.test("every mistake is reported at once, and no secret is quoted", () => {
  const problems = problemsOf({
    ALERT_RELAY_HOST: "a b",
    ALERT_RELAY_PORT: "65536",
    DINGTALK_WEBHOOK_URL: "http://example.com/?access_token=hidden",
    DINGTALK_SECRET: "hid den",
    WECOM_WEBHOOK_URL: "hidden",
  });
  assert.equal(problems.length, 5, problems.join("\n"));
  for (const name of RELAY_VARIABLES) {
    assert.ok(problems.some((line) => line.startsWith(name)), name);
  }
  assert.ok(!problems.join().includes("hid"));
});

Deno.test("settings without a robot, or with a secret for none, are mistakes", () => {
  assert.match(problemsOf({})[0], /DINGTALK_WEBHOOK_URL or WECOM_WEBHOOK_URL/);
  const alone = { WECOM_WEBHOOK_URL: WECOM, DINGTALK_SECRET: "s" };
  assert.match(problemsOf(alone)[0], /DINGTALK_SECRET needs/);
});

for (
  const url of [
    "ftp://127.0.0.1/",
    "https://user:pw@example.com/",
    "http://127.0.0.1.example.com/",
    "http://10.0.0.1/",
    "https://example.com/#x",
  ]
) {
  Deno.test(`${url} is not taken for a robot`, () => {
    assert.equal(problemsOf({ WECOM_WEBHOOK_URL: url }).length, 1);
  });
}
