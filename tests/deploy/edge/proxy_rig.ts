import assert from "node:assert/strict";
import { runTool } from "../../support/debian_tool.ts";

/** A node's HTTP port as a balancer sees it. */
export interface FakeNode {
  readonly port: number;
  /** Paths that were asked for, without health checks. */
  readonly asked: string[];
  /** What `X-Forwarded-For` said last. */
  forwardedFor: string | null;
  /** Answers 503 to everything, as a node that leaves. */
  leaves: boolean;
  close(): Promise<void>;
}

/** A balancer that runs in front of fake nodes. */
export interface ProxyRig {
  readonly nodes: readonly FakeNode[];
  readonly httpsPort: number;
  /** One request; the body is read. */
  get(path: string, headers?: Record<string, string>): Promise<{
    readonly status: number;
    readonly headers: Headers;
    readonly body: string;
  }>;
  /** Sends a head as it stands, without its last empty line, and gives all that is answered. */
  ask(head: string): Promise<string>;
  /** Asks for an upgrade and gives the reply's head and what follows until `wanted` is there. */
  upgrade(path: string, wanted: string): Promise<string>;
}

/** What is written for a balancer, and how it is started. */
export interface ProxyPlan {
  readonly folder: string;
  readonly httpsPort: number;
  readonly httpPort: number;
  readonly nodePorts: readonly number[];
}

const DEADLINE_MS = 60_000;
const ATTEMPTS = 5;

/**
 * Starts three nodes and a balancer, runs `body` and takes all down again.
 * `start` writes the balancer's files into a folder that has `vapi.crt`,
 * `vapi.key` and `vapi.pem`, and starts it in the foreground.
 */
export async function withProxy(
  start: (plan: ProxyPlan) => Promise<Deno.ChildProcess>,
  body: (rig: ProxyRig) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const nodes = [startNode(), startNode(), startNode()];
  try {
    await makeCertificate(folder);
    const nodePorts = nodes.map(({ port }) => port);
    const running = await startProxy(start, { folder, nodePorts });
    const caCerts = [await Deno.readTextFile(`${folder}/vapi.crt`)];
    const client = Deno.createHttpClient({ caCerts });
    const url = `https://127.0.0.1:${running.httpsPort}`;
    try {
      await body({
        nodes,
        httpsPort: running.httpsPort,
        async get(path, headers = {}) {
          const reply = await fetch(url + path, { client, headers });
          const { status } = reply;
          return { status, headers: reply.headers, body: await reply.text() };
        },
        ask: (head) => ask({ port: running.httpsPort, caCerts }, head),
        upgrade: (path, wanted) =>
          upgrade({ port: running.httpsPort, caCerts }, path, wanted),
      });
    } finally {
      client.close();
      running.child.kill("SIGTERM");
      await running.child.status;
    }
  } finally {
    for (const node of nodes) await node.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** A certificate for 127.0.0.1 and its key, together in vapi.pem as well. */
export async function makeCertificate(folder: string): Promise<void> {
  const [crt, key] = [`${folder}/vapi.crt`, `${folder}/vapi.key`];
  await runTool("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
      .split(" "),
    ...["-days", "2", "-subj", "/CN=vapi", "-keyout", key, "-out", crt],
    ...["-addext", "subjectAltName=IP:127.0.0.1"],
    // Else it would be a certificate of an authority, which no client takes.
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  ]);
  const texts = [await Deno.readTextFile(crt), await Deno.readTextFile(key)];
  await Deno.writeTextFile(`${folder}/vapi.pem`, texts.join(""));
}

/** Resolves when `condition` holds; fails after a minute. */
export async function until(
  condition: () => Promise<boolean>,
  what: string,
): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  while (!await condition()) {
    assert.ok(performance.now() < endMs, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startProxy(
  start: (plan: ProxyPlan) => Promise<Deno.ChildProcess>,
  { folder, nodePorts }: Pick<ProxyPlan, "folder" | "nodePorts">,
) {
  // A free port may be taken before the balancer has it.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [httpsPort, httpPort] = freePorts();
    const child = await start({ folder, httpsPort, httpPort, nodePorts });
    let ended = false;
    child.status.then(() => ended = true);
    await until(
      async () => ended || await accepts(httpsPort),
      "the balancer listens",
    );
    if (!ended) return { child, httpsPort };
  }
  throw new Error("The balancer does not start");
}

function freePorts(): [number, number] {
  const listeners = [0, 0].map((port) =>
    Deno.listen({ hostname: "127.0.0.1", port })
  );
  const [first, second] = listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
  return [first, second];
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

function startNode(): FakeNode {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, (request) => {
    const { pathname } = new URL(request.url);
    if (node.leaves) return new Response("leaving", { status: 503 });
    if (pathname === "/ready") return new Response("ok");
    node.asked.push(pathname);
    node.forwardedFor = request.headers.get("x-forwarded-for");
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response(`node ${node.port}`);
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => socket.send("hello from the node");
    return response;
  });
  let closing: Promise<void> | undefined;
  const node: FakeNode = {
    port: server.addr.port,
    asked: [],
    forwardedFor: null,
    leaves: false,
    close: () => closing ??= server.shutdown(),
  };
  return node;
}

async function ask(
  { port, caCerts }: { port: number; caCerts: string[] },
  head: string,
): Promise<string> {
  const conn = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts });
  const text = `${head}\r\nConnection: close\r\n\r\n`;
  await conn.write(new TextEncoder().encode(text));
  return await new Response(conn.readable).text();
}

async function upgrade(
  { port, caCerts }: { port: number; caCerts: string[] },
  path: string,
  wanted: string,
): Promise<string> {
  using conn = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts });
  const request = [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ].join("\r\n");
  await conn.write(new TextEncoder().encode(request));
  const chunk = new Uint8Array(4096);
  let said = "";
  while (!said.includes(wanted)) {
    const count = await conn.read(chunk);
    if (count === null) break;
    said += new TextDecoder().decode(chunk.subarray(0, count));
  }
  return said;
}
