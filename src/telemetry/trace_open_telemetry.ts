import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace as api,
  TraceFlags,
  type Tracer,
} from "@opentelemetry/api";
import type {
  StartTrace,
  Trace,
  TraceAttributes,
  TraceEnd,
  TraceStart,
  TraceStep,
} from "./trace.ts";
import { traceIdOf } from "./trace_id.ts";

/** Steps and events beyond these are only counted, whatever a peer makes happen in a call. */
const MOST_STEPS = 2000;
/** No value of ours is longer; some come from peers. */
const MOST_CHARACTERS = 128;

/** What {@linkcode openTelemetryTraces} needs. */
export interface OpenTelemetryOptions {
  readonly version: string;
  /** What every span has. */
  readonly attributes: TraceAttributes;
}

/**
 * Traces that Deno exports by OTLP as the environment says (`OTEL_…`), in the
 * background and in batches; undefined when it exports none. Main thread.
 */
export function openTelemetryTraces(
  { version, attributes }: OpenTelemetryOptions,
): StartTrace | undefined {
  // Deno registers its provider before the first module runs, or never.
  if (api.getTracerProvider() !== Deno.telemetry.tracerProvider) {
    return undefined;
  }
  const tracer = api.getTracer("vapi-cn", version);
  return (name, start) =>
    new OpenTelemetryTrace(tracer, {
      name,
      start,
      common: toAttributes(attributes),
    });
}

/** What a trace begins with. */
interface Beginning {
  readonly name: string;
  readonly start: TraceStart;
  readonly common: Attributes;
}

class OpenTelemetryTrace implements Trace {
  #tracer: Tracer;
  #common: Attributes;
  #span: Span;
  #below: Context;
  /** From this thread's monotonic clock to the wall clock, as it was at the beginning: steps keep their lengths. */
  #wallMs = Date.now() - performance.now();
  #steps = 0;
  #over = false;

  constructor(tracer: Tracer, { name, start, common }: Beginning) {
    this.#tracer = tracer;
    this.#common = common;
    this.#span = tracer.startSpan(name, {
      kind: SpanKind.SERVER,
      startTime: this.#wallMs + start.fromMs,
      attributes: { ...common, ...toAttributes(start.attributes) },
    }, contextOf(start.callId));
    this.#below = api.setSpan(ROOT_CONTEXT, this.#span);
  }

  step(name: string, { fromMs, toMs, attributes, failed }: TraceStep): void {
    if (!this.#hasRoom()) return;
    const span = this.#tracer.startSpan(name, {
      startTime: this.#wallMs + fromMs,
      attributes: { ...this.#common, ...toAttributes(attributes) },
    }, this.#below);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(this.#wallMs + (toMs ?? performance.now()));
  }

  event(name: string, attributes?: TraceAttributes): void {
    if (!this.#hasRoom()) return;
    const atMs = this.#wallMs + performance.now();
    this.#span.addEvent(name, toAttributes(attributes), atMs);
  }

  end({ attributes, failed }: TraceEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#span.setAttributes(toAttributes(attributes));
    const left = this.#steps - MOST_STEPS;
    if (left > 0) this.#span.setAttribute("vapi.steps_left_out", left);
    if (failed) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end(this.#wallMs + performance.now());
  }

  #hasRoom(): boolean {
    return !this.#over && ++this.#steps <= MOST_STEPS;
  }
}

/**
 * A context in a call's trace. The API takes a trace's id from a parent alone, so
 * that there is one: the channel, of which nobody tells.
 */
function contextOf(callId: string): Context {
  const traceId = traceIdOf(callId);
  return api.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: traceId.slice(16),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
}

function toAttributes(attributes: TraceAttributes = {}): Attributes {
  const known: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    known[name] = typeof value === "string"
      ? value.slice(0, MOST_CHARACTERS)
      : value;
  }
  return known;
}
