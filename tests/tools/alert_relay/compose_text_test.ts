import assert from "node:assert/strict";
import { composeText } from "../../../tools/alert_relay/compose_text.ts";
import { Notification } from "../../../tools/alert_relay/notification.ts";
import { firingAlert, notificationOf } from "./notifications.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

function compose(alerts: unknown[], mostBytes = 2048, more = {}): string {
  return composeText(
    Notification.parse(notificationOf(alerts, more)),
    mostBytes,
  );
}

Deno.test("a text says what fires, how badly, where to read on and since when in Beijing", () => {
  const annotations = {
    description: "取不到指标。",
    runbook: "docs/alerts.zh-CN.md#nodedown",
  };
  assert.equal(
    compose([firingAlert({}, annotations)]),
    `【VAPI-CN 告警】NodeDown

! [page] 节点 a 不可用
取不到指标。
手册：docs/alerts.zh-CN.md#nodedown
开始：2026-11-24 00:30:05`,
  );
});

Deno.test("a text says that a group is over when it is", () => {
  const over = { ...firingAlert(), status: "resolved" };
  const text = compose([over], 2048, { status: "resolved" });
  assert.match(text, /^【VAPI-CN 恢复】NodeDown\n\n✓ /);
});

Deno.test("alerts that do not fit are counted, with those that were left out before", () => {
  const alerts = Array.from(
    { length: 100 },
    (_, index) => firingAlert({}, { summary: `告警之${index}号` }),
  );
  const text = compose(alerts, 2048, { truncatedAlerts: 7 });
  const shown = text.match(/告警之\d+号/g)!.length;
  assert.ok(bytesOf(text) <= 2048, `${bytesOf(text)} bytes`);
  assert.ok(shown > 5, `only ${shown} are shown`);
  assert.ok(text.endsWith(`……另有 ${107 - shown} 条`), text);
});

Deno.test("a text keeps its bound and whole characters when one alert is too long, whatever the bound", () => {
  const long = firingAlert({}, { summary: "断😀".repeat(2000) });
  for (let mostBytes = 256; mostBytes < 300; mostBytes++) {
    const text = compose([long, long], mostBytes);
    assert.ok(bytesOf(text) <= mostBytes);
    assert.ok(text.isWellFormed(), "half a character");
    assert.ok(text.endsWith("……另有 1 条"));
  }
});

Deno.test("a text keeps its bound when the name of the group is too long", () => {
  const groupLabels = { alertname: "告".repeat(5000) };
  const text = compose([firingAlert()], 256, { groupLabels });
  assert.ok(bytesOf(text) <= 256);
});

Deno.test("a label cannot look like another alert", () => {
  const summary = "a\r\n\n! [page] forged\u2028b\u0000c";
  const text = compose([firingAlert({}, { summary })]);
  assert.ok(text.includes("! [page] a ! [page] forged b c\n"), text);
});

Deno.test("an alert without annotations is shown by its name, and a bad time as unknown", () => {
  const bare = { status: "firing", labels: { alertname: "X" }, startsAt: "?" };
  assert.equal(
    compose([bare], 2048, { groupLabels: {} }),
    "【VAPI-CN 告警】X\n\n! X\n开始：?",
  );
});
