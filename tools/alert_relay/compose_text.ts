import type { Notification, NotifiedAlert } from "./notification.ts";

/** No label or annotation of ours is nearly as long. */
const LONGEST_FIELD = 500;
/** Kept free for the line that says how many alerts did not fit. */
const REST_BYTES = 64;

const ENCODER = new TextEncoder();
const TIME = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai",
  dateStyle: "short",
  timeStyle: "medium",
});

/**
 * The text of a group of alerts, in Chinese and with times of Beijing. At most
 * `mostBytes` (at least 256) of UTF-8: what does not fit is counted instead.
 * Any thread.
 */
export function composeText(
  notification: Notification,
  mostBytes: number,
): string {
  const { alerts, truncatedAlerts } = notification;
  const roomBytes = mostBytes - REST_BYTES;
  let text = cutUtf8(headline(notification), roomBytes);
  let shown = 0;
  for (const alert of alerts) {
    const longer = `${text}\n\n${describe(alert)}`;
    if (ENCODER.encode(longer).length > roomBytes) break;
    text = longer;
    shown++;
  }
  // One alert that is too long is better cut than left out.
  if (shown === 0) {
    text = cutUtf8(`${text}\n\n${describe(alerts[0])}`, roomBytes);
    shown = 1;
  }
  const rest = alerts.length - shown + truncatedAlerts;
  return rest === 0 ? text : `${text}\n\n……另有 ${rest} 条`;
}

function headline({ status, groupLabels, alerts }: Notification): string {
  const what = status === "firing" ? "告警" : "恢复";
  const name = groupLabels.alertname ?? alerts[0].labels.alertname ?? "";
  return `【VAPI-CN ${what}】${oneLine(name)}`;
}

function describe(alert: NotifiedAlert): string {
  const { labels, annotations } = alert;
  const mark = alert.status === "resolved" ? "✓" : "!";
  const severity = labels.severity === undefined ? "" : `[${labels.severity}] `;
  const lines = [
    `${mark} ${severity}${annotations.summary ?? labels.alertname ?? ""}`,
    annotations.description,
    annotations.runbook && `手册：${annotations.runbook}`,
    `开始：${timeOf(alert.startsAt)}`,
  ];
  return lines.filter((line) => line !== undefined && line !== "")
    .map((line) => oneLine(line!)).join("\n");
}

function timeOf(startsAt: string): string {
  const date = new Date(startsAt);
  return Number.isNaN(date.getTime()) ? "?" : TIME.format(date);
}

/** A label must not be able to look like another alert. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, LONGEST_FIELD);
}

function cutUtf8(text: string, mostBytes: number): string {
  const { read } = ENCODER.encodeInto(text, new Uint8Array(mostBytes));
  return text.slice(0, read);
}
