import assert from "node:assert/strict";
import { checkPorts } from "../../../tools/doctor/check_ports.ts";
import { forever, linesOf, patient } from "./patient.ts";

function listen(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

function portOf(listener: Deno.Listener): string {
  return String((listener.addr as Deno.NetAddr).port);
}

async function examine(environment: Record<string, string>) {
  return linesOf(await checkPorts(patient(environment), forever()));
}

/** Answers like our server. */
function serve(ready: Response): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      new URL(request.url).pathname === "/health"
        ? Response.json({ status: "ok" })
        : ready.clone(),
  );
}

Deno.test("ports are well when they are free", async () => {
  const lines = await examine({ HTTP_PORT: "0", ESL_PORT: "0" });
  assert.equal(lines.filter((line) => /^ok: .* is free/.test(line)).length, 2);
});

Deno.test("the gateway's port is looked at when browsers may call", async () => {
  const other = listen();
  const lines = await examine({
    HTTP_PORT: "0",
    ESL_PORT: "0",
    API_TOKEN: "0123456789abcdef",
    GATEWAY_PORT: portOf(other),
  });
  other.close();
  assert.match(lines[2], /^problem: GATEWAY_PORT: .*held by another program/);
});

Deno.test("a port is a problem when another program has it", async () => {
  const other = listen();
  const lines = await examine({ HTTP_PORT: "0", ESL_PORT: portOf(other) });
  other.close();
  assert.match(lines[1], /^problem: ESL_PORT: .*held by another program/);
});

Deno.test("our running server is asked when it has the ports", async () => {
  const esl = listen();
  const web = serve(Response.json({ activeCalls: 3, maxConnections: 9 }));
  const lines = await examine({
    HTTP_PORT: String(web.addr.port),
    ESL_PORT: portOf(esl),
  });
  esl.close();
  await web.shutdown();
  assert.match(lines[0], /^ok: HTTP_PORT: .*our running server/);
  assert.match(lines[1], /^ok: ESL_PORT: .*our running server/);
  assert.match(lines[2], /^ok: .*takes calls: 3 of 9/);
});

Deno.test("our running server is a problem when it is not ready", async () => {
  const reasons = { reasons: ["a shard is not running", "full\u001b[2J"] };
  const web = serve(Response.json(reasons, { status: 503 }));
  const lines = await examine({
    HTTP_PORT: String(web.addr.port),
    ESL_PORT: "0",
  });
  await web.shutdown();
  assert.ok(
    lines.some((line) =>
      line.includes("takes no calls: a shard is not running, full [2J")
    ),
    lines.join("\n"),
  );
  assert.ok(lines.some((line) => /^warning: our server runs, and/.test(line)));
});

Deno.test("a server that talks without an end is not ours", async () => {
  const web = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("x".repeat(1_000_000)),
  );
  const lines = await examine({
    HTTP_PORT: String(web.addr.port),
    ESL_PORT: "0",
  });
  await web.shutdown();
  assert.match(lines[0], /^problem: HTTP_PORT: .*held by another program/);
});

Deno.test("an address of another machine is a problem", async () => {
  const lines = await examine({
    HTTP_PORT: "0",
    ESL_HOST: "192.0.2.1",
    MEDIA_HOST: "192.0.2.1",
  });
  assert.match(lines[1], /^problem: ESL_HOST, ESL_PORT: cannot listen/);
  assert.match(lines[2], /^problem: MEDIA_HOST: cannot bind 192\.0\.2\.1/);
});
