import assert from "node:assert/strict";
import { openTelemetryTraces } from "../../src/telemetry/trace_open_telemetry.ts";
import { traceIdOf } from "../../src/telemetry/trace_id.ts";
import { startOtlpCollector } from "../support/otlp_collector.ts";

const PROGRAM = new URL("../support/trace_program.ts", import.meta.url);

Deno.test("there is nothing to trace with when Deno exports no traces", () => {
  assert.equal(
    openTelemetryTraces({ version: "1", attributes: {} }),
    undefined,
  );
});

Deno.test("a trace has bounds, whatever happens in its call, and nothing is added after its end", async () => {
  await using collector = startOtlpCollector();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", PROGRAM.pathname],
    env: collector.environment,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const names = collector.spans.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["call", "long"]);
  const [root] = collector.spans.filter(({ name }) => name === "call");
  const [step] = collector.spans.filter(({ name }) => name === "long");
  assert.equal(root.traceId, traceIdOf("call"));
  assert.deepEqual(root.attributes, { "vapi.steps_left_out": 5 });
  assert.ok(root.events.length <= 1999);
  assert.equal(step.attributes.long, "x".repeat(128));
});
