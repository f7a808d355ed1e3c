/** A span as a collector gets it. */
export interface CollectedSpan {
  readonly scope: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty when there is none. */
  readonly parentSpanId: string;
  /** Milliseconds of the wall clock. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly failed: boolean;
}

/** A collector of OTLP over HTTP, with JSON. */
export interface OtlpCollector extends AsyncDisposable {
  /** Settings of a server that sends its traces here. */
  readonly environment: Readonly<Record<string, string>>;
  /** Spans so far, in the order of their beginning. */
  readonly spans: readonly CollectedSpan[];
  /** Paths of all requests so far. */
  readonly requests: readonly string[];
  /** The bodies of all requests so far. */
  readonly text: string;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code: number };
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly OtlpSpan[];
    }[];
  }[];
}

const ERROR = 2;

/** Starts a collector on a free port of this machine. */
export function startOtlpCollector(): OtlpCollector {
  const spans: CollectedSpan[] = [];
  const requests: string[] = [];
  const bodies: string[] = [];
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    const text = await request.text();
    requests.push(pathname);
    bodies.push(text);
    if (pathname === "/v1/traces") spans.push(...readSpans(JSON.parse(text)));
    return Response.json({});
  });
  return {
    environment: {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_DENO_METRICS: "false",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_SERVICE_NAME: "vapi-cn",
      OTEL_TRACES_SAMPLER: "parentbased_always_off",
    },
    get spans() {
      return spans.toSorted((a, b) => a.fromMs - b.fromMs);
    },
    requests,
    get text() {
      return bodies.join("\n");
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function readSpans({ resourceSpans }: OtlpTraces): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        ...span,
        scope: scope.name,
        fromMs: milliseconds(span.startTimeUnixNano),
        toMs: milliseconds(span.endTimeUnixNano),
        attributes: readAttributes(span.attributes),
        resource: readAttributes(resource.attributes),
        events: span.events.map(({ name }) => name),
        failed: span.status.code === ERROR,
      }))
    )
  );
}

function readAttributes(attributes: readonly OtlpAttribute[]) {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
  );
}

/** Keeps the microseconds, which a number of nanoseconds would not. */
function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1000n) / 1000;
}
