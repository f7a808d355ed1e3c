/** One alert as Alertmanager posts it. */
export function firingAlert(
  labels: Readonly<Record<string, string>> = {},
  annotations: Readonly<Record<string, string>> = {},
) {
  return {
    status: "firing",
    labels: { alertname: "NodeDown", severity: "page", ...labels },
    annotations: { summary: "节点 a 不可用", ...annotations },
    startsAt: "2026-11-23T16:30:05.123Z",
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "http://prometheus:9090/graph",
    fingerprint: "c0ffee",
  };
}

/** A group as Alertmanager 0.25 posts it to a webhook. */
export function notificationOf(alerts: readonly unknown[], more = {}) {
  return {
    receiver: "vapi-page",
    status: "firing",
    alerts,
    groupLabels: { alertname: "NodeDown" },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager:9093",
    version: "4",
    groupKey: "{}:{}",
    truncatedAlerts: 0,
    ...more,
  };
}
