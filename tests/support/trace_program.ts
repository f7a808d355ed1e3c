// Writes one trace that is larger than a trace may be.
import { openTelemetryTraces } from "../../src/telemetry/trace_open_telemetry.ts";

const startTrace = openTelemetryTraces({ version: "1", attributes: {} });
if (startTrace === undefined) throw new Error("Deno exports no traces");
const fromMs = performance.now();
const trace = startTrace("call", { callId: "call", fromMs });
trace.step("long", { fromMs, attributes: { long: "x".repeat(1000) } });
for (let i = 0; i < 2004; i++) trace.event("more");
trace.end({ attributes: { kept: undefined } });
trace.end({ attributes: { late: true } });
trace.step("late", { fromMs });
