import assert from "node:assert/strict";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { RecentMean } from "../../src/telemetry/recent_mean.ts";

/** The names that the deployment plan fixes, with what they are. */
const PLAN = {
  vapi_calls_total: "counter",
  vapi_calls_successful_total: "counter",
  vapi_call_duration_seconds: "histogram",
  vapi_stepfun_latency: "histogram",
  vapi_active_calls: "gauge",
  vapi_audio_rtp_jitter_ms: "gauge",
  vapi_audio_packet_loss_percent: "gauge",
};

for (const [name, type] of Object.entries(PLAN)) {
  Deno.test(`${name} is there as a ${type} from the start`, async () => {
    const text = await createMetrics().registry.metrics();
    assert.ok(text.includes(`# TYPE ${name} ${type}\n`));
    const sample = type === "histogram" ? `${name}_count` : name;
    assert.match(text, new RegExp(`^${sample} 0$`, "m"));
  });
}

Deno.test("the names that the plan does not fix end in their unit", async () => {
  // States, 0 or 1, have none.
  const units =
    /_(total|seconds|bytes|ms|percent|calls|connections|cny|writes|ratio|info|count|sum|bucket|up|available|ready)$/;
  const metrics = await createMetrics().registry.getMetricsAsJSON();
  for (const { name } of metrics) {
    if (!name.startsWith("vapi_") || name in PLAN) continue;
    assert.match(name, units);
  }
});

Deno.test("no metric can carry a call's id", async () => {
  const { registry } = createMetrics();
  for (const { name } of await registry.getMetricsAsJSON()) {
    const metric = registry.getSingleMetric(name) as unknown as {
      labelNames?: string[];
    };
    const labels = metric?.labelNames ?? [];
    assert.ok(!labels.some((label) => /call|uuid|id$/i.test(label)), name);
  }
});

Deno.test("two registries do not share a count", async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.calls.inc();
  assert.match(await other.registry.metrics(), /^vapi_calls_total 0$/m);
});

Deno.test("the mean is of the last values alone", () => {
  const mean = new RecentMean(3);
  assert.deepEqual([3, 5, 7, 9].map((value) => mean.add(value)), [3, 4, 5, 7]);
});
