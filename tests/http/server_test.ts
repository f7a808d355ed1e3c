import assert from "node:assert/strict";
import type { ApiOptions } from "../../src/http/api.ts";
import { Tickets } from "../../src/http/gateway/ticket.ts";
import { createLog, type Log, SILENT_LOG } from "../../src/telemetry/log.ts";
import { createApp, type NodeStatus } from "../../src/http/server.ts";

const STATUS: NodeStatus = {
  ready: true,
  reasons: [],
  degraded: [],
  activeCalls: 2,
  maxConnections: 10,
  shards: [{ shard: 0, running: true, calls: 2 }],
};
const TYPE = "text/plain; version=0.0.4; charset=utf-8";

const NO_API: ApiOptions = {
  calls: {
    list: () => Promise.resolve({ calls: [], nodes: [] }),
    find: () => Promise.resolve(undefined),
    hangUp: () => Promise.resolve(false),
    transfer: () => Promise.resolve("unknown"),
  },
  assistants: () => [],
  hasAssistant: () => false,
  reasonsNotReady: () => [],
  gatewayPort: () => 0,
};

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** What of the node a test makes up. */
interface Made {
  readonly status?: () => NodeStatus;
  readonly metrics?: () => Promise<{ type: string; text: string }>;
  readonly api?: ApiOptions;
  readonly log?: Log;
}

/** Serves the app on a socket of its own while `body` runs. */
async function withServer<Result>(
  options: Made,
  body: (port: number) => Promise<Result>,
): Promise<Result> {
  const app = createApp({
    api: options.api ?? NO_API,
    log: options.log ?? SILENT_LOG,
    status: options.status ?? (() => STATUS),
    metrics: options.metrics ??
      (() => Promise.resolve({ type: TYPE, text: "a 1\n" })),
  });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    app.fetch,
  );
  try {
    return await body(server.addr.port);
  } finally {
    await server.shutdown();
  }
}

/** Asks once. */
function ask(
  path: string,
  options: Made & { method?: string } = {},
): Promise<Answer> {
  return withServer(options, async (port) => {
    const url = `http://127.0.0.1:${port}${path}`;
    const response = await fetch(url, { method: options.method ?? "GET" });
    const type = response.headers.get("content-type") ?? "";
    return { status: response.status, type, text: await response.text() };
  });
}

/** Sends a head as it stands, and gives all that is answered. */
function askByHand(head: readonly string[]): Promise<string> {
  return withServer({}, async (port) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const text = [...head, "Connection: close", "", ""].join("\r\n");
    await connection.write(new TextEncoder().encode(text));
    return await new Response(connection.readable).text();
  });
}

function assertJson(answer: Answer, status: number, body: unknown): void {
  assert.equal(answer.status, status);
  assert.match(answer.type, /^application\/json/);
  assert.deepEqual(JSON.parse(answer.text), body);
}

Deno.test("/health says that the process lives, ready or not", async () => {
  const status = () => ({ ...STATUS, ready: false });
  assertJson(await ask("/health", { status }), 200, { status: "ok" });
});

Deno.test("/ready answers 200 with the node's status while it takes calls", async () => {
  assertJson(await ask("/ready"), 200, STATUS);
});

Deno.test("/ready answers 503 with the reasons when it takes none", async () => {
  const status = { ...STATUS, ready: false, reasons: ["draining", "full"] };
  assertJson(await ask("/ready", { status: () => status }), 503, status);
});

Deno.test("/metrics answers with the type that Prometheus expects", async () => {
  const answer = await ask("/metrics");
  assert.deepEqual(answer, { status: 200, type: TYPE, text: "a 1\n" });
});

for (const path of ["/", "/nothing", "/metrics/x", "/%00", "/../etc/passwd"]) {
  Deno.test(`${path} is answered with 404 as JSON`, async () => {
    assertJson(await ask(path), 404, { error: "not found" });
  });
}

const PLAIN: (readonly string[])[] = [
  ["GET /health HTTP/1.1", "Host: voice.example.com:3000"],
  ["GET /health?a=/x HTTP/1.1", "Host: [2001:db8::1]:3000"],
  ["GET /health HTTP/1.1", "Host: node_1"],
  ["GET /health HTTP/1.0"],
  ["GET http://node-1/health HTTP/1.1", "Host: node-1"],
];
for (const head of PLAIN) {
  Deno.test(`${head.join(", ")} is answered`, async () => {
    const answer = await askByHand(head);
    assert.match(answer, /^HTTP\/1\.[01] 200 .*\{"status":"ok"\}$/s);
  });
}

const TWISTED: (readonly string[])[] = [
  ["GET /v1/ HTTP/1.1", "Host: x/metrics?"],
  ["GET /v1/ HTTP/1.1", "Host: x/metrics#"],
  ["GET /v1/ HTTP/1.1", "Host: x/health?"],
  ["GET /v1/calls HTTP/1.1", "Host: x?"],
  ["GET /v1/ HTTP/1.1", "Host: x\\metrics"],
  ["GET /metrics HTTP/1.1", "Host: user@x"],
  ["GET /metrics HTTP/1.1", "Host: x y"],
  ["GET /metrics HTTP/1.1", "Host: x%2f"],
  ["GET http://x/metrics HTTP/1.1", "Host: x/metrics?"],
  ["GET http://x?/metrics HTTP/1.1", "Host: x"],
  ["GET http://user@x/metrics HTTP/1.1", "Host: x"],
  ["CONNECT x:1 HTTP/1.1", "Host: x"],
];
for (const head of TWISTED) {
  Deno.test(`${head.join(", ")} is refused`, async () => {
    const answer = await askByHand(head);
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.doesNotMatch(answer, /a 1|"ok"/);
  });
}

Deno.test("another method is answered with 404 as JSON", async () => {
  const answer = await ask("/health", { method: "POST" });
  assertJson(answer, 404, { error: "not found" });
});

Deno.test("a fault of ours is answered with 500 as JSON, without its words", async () => {
  const metrics = () => Promise.reject(new Error("secret path /srv"));
  const answer = await ask("/metrics", { metrics });
  assertJson(answer, 500, { error: "internal error" });
});

Deno.test("metrics are gathered once for all who ask meanwhile", async () => {
  let gathered = 0;
  const metrics = async () => {
    // Others ask meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { type: TYPE, text: `a ${++gathered}\n` };
  };
  const heads = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50);
  const answers = await withServer(
    { metrics },
    (port) =>
      Promise.all([1, 2, 3].map(async () => {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port });
        const last =
          "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        await connection.write(new TextEncoder().encode(heads + last));
        return await new Response(connection.readable).text();
      })),
  );
  for (const answer of answers) {
    assert.equal(answer.split(/^a \d+$/m).length - 1, 50);
  }
  assert.ok(gathered < 150, `${gathered}`);
});

for (const size of ["Content-Length: 100", "Transfer-Encoding: chunked"]) {
  Deno.test(`a request with ${size} that breaks off in its body is no error of ours`, async () => {
    const logged = Promise.withResolvers<string>();
    const sink = logged.resolve;
    const log = createLog({ level: "debug", showPii: false, sink });
    const api = { ...NO_API, token: "t", tickets: new Tickets("t") };
    await withServer({ log, api }, async (port) => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const head = [
        "POST /v1/browser-calls HTTP/1.1",
        "Host: a",
        "Authorization: Bearer t",
        size,
        "",
        "1",
      ];
      await connection.write(new TextEncoder().encode(head.join("\r\n")));
      await connection.closeWrite();
      const { level, message } = JSON.parse(await logged.promise);
      assert.deepEqual([level, message], ["debug", "A request broke off"]);
      await new Response(connection.readable).text().catch(() => {});
    });
  });
}
