import assert from "node:assert/strict";
import { runTool, testWithTool } from "../../support/debian_tool.ts";
import {
  makeCertificate,
  type ProxyPlan,
  type ProxyRig,
  until,
  withProxy,
} from "./proxy_rig.ts";

const DEPLOY = new URL("../../../deploy/", import.meta.url);
const NGINX = { names: ["nginx"], debianPackage: "nginx" };
const HAPROXY = { names: ["haproxy"], debianPackage: "haproxy" };
const BUSY = '{"error":"请求过于频繁"}';
/** Of the plan: requests of one address in a minute. */
const REQUESTS_A_MINUTE = 100;
/** What nginx lets through at once beside that rate. */
const NGINX_BURST = 20;

for (
  const { tool, files, start, check } of [
    {
      tool: NGINX,
      files: [
        "nginx/vapi.conf",
        "nginx/vapi_upstream.conf",
        "nginx/vapi_gateway.conf",
      ],
      start: startNginx,
      check: (file: string) => ["-t", "-q", "-c", file],
    },
    {
      tool: HAPROXY,
      files: ["haproxy/haproxy.cfg"],
      start: startHaproxy,
      check: (file: string) => ["-c", "-q", "-f", file],
    },
  ]
) {
  const [name] = tool.names;

  Deno.test(`${name} stands in no way of the event socket and speaks TLS 1.2 at least`, async () => {
    const text = (await Promise.all(files.map(readActive))).join("\n");
    assert.doesNotMatch(text, /8084|8021|ClueCon/);
    assert.doesNotMatch(text, /TLSv1(\.[01])?[\s;]|SSLv/);
    assert.match(text, /TLSv1\.2/);
  });

  testWithTool(
    tool,
    `${name} accepts the configuration`,
    async (command) => {
      const folder = await Deno.makeTempDir();
      try {
        await makeCertificate(folder);
        const nodePorts = [1, 2, 3];
        const plan = { folder, nodePorts, httpPort: 0, httpsPort: 0 };
        const ports = { httpPort: 18080, httpsPort: 18443 };
        const file = await (tool === NGINX ? writeNginx : writeHaproxy)({
          ...plan,
          ...ports,
        });
        await runTool(command, check(file));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );

  testWithTool(
    tool,
    `${name} lets the interface through, with HSTS, and nothing else`,
    (command) =>
      withProxy(start(command), async (rig) => {
        const open = await rig.get("/v1/calls", {
          "x-forwarded-for": "192.0.2.7",
        });
        assert.equal(open.status, 200);
        assert.match(open.body, /^node \d+$/);
        assert.match(
          open.headers.get("strict-transport-security") ?? "",
          /^max-age=31536000/,
        );
        const said = rig.nodes.map(({ forwardedFor }) => forwardedFor);
        assert.deepEqual(said.filter((text) => text), ["127.0.0.1"]);
        for (
          const path of [
            "/metrics",
            "/health",
            "/ready",
            "/console",
            "/",
            "/wsx",
            "/ws/x",
          ]
        ) {
          assert.equal((await rig.get(path)).status, 404, path);
        }
        assert.equal(rig.nodes.flatMap(({ asked }) => asked).length, 1);
      }),
  );

  testWithTool(
    tool,
    `${name} lets no path through in the place of a host`,
    (command) =>
      withProxy(start(command), async (rig) => {
        for (
          const head of [
            "GET /v1/ HTTP/1.1\r\nHost: x/metrics?",
            "GET /v1/calls HTTP/1.1\r\nHost: x/metrics#",
            "GET https://x/metrics?/v1/calls HTTP/1.1\r\nHost: x",
            "GET https://x/metrics#/v1/calls HTTP/1.1\r\nHost: x",
            "GET https://x/metrics?/v1/ HTTP/1.1\r\nHost: x/metrics?",
          ]
        ) {
          assert.match(await rig.ask(head), /^HTTP\/1\.1 40[04] /, head);
        }
        assert.deepEqual(rig.nodes.flatMap(({ asked }) => asked), []);
        for (const host of ["voice.example.com", "10.0.0.1:443", "[::1]"]) {
          const head = `GET /v1/calls HTTP/1.1\r\nHost: ${host}`;
          assert.match(await rig.ask(head), /^HTTP\/1\.1 200 /, head);
        }
      }),
  );

  testWithTool(
    tool,
    `${name} carries WebSockets`,
    (command) =>
      withProxy(start(command), async (rig) => {
        for (const path of ["/ws", "/ws?a=b"]) {
          const said = await rig.upgrade(path, "hello from the node");
          assert.match(said, /^HTTP\/1\.1 101 /);
          assert.match(said, /hello from the node$/);
        }
      }),
  );

  testWithTool(
    tool,
    `${name} goes to the other nodes when one leaves and one is gone`,
    (command) =>
      withProxy(start(command), async (rig) => {
        const [leaving, gone, stays] = rig.nodes;
        leaving.leaves = true;
        await gone.close();
        await until(async () => {
          const { status, body } = await rig.get("/v1/calls");
          return status === 200 && body === `node ${stays.port}`;
        }, "the third node answers");
        for (let request = 0; request < 5; request++) {
          const { status, body } = await rig.get("/v1/calls");
          assert.equal(status, 200);
          assert.equal(body, `node ${stays.port}`);
        }
      }),
  );

  testWithTool(
    tool,
    `${name} says 429 with a message when an address asks too often`,
    (command) =>
      withProxy(start(command), async (rig) => {
        const { passed, refused } = await askOften(rig);
        const most = tool === NGINX ? NGINX_BURST + 1 : REQUESTS_A_MINUTE;
        assert.ok(passed >= 20, `${passed}`);
        // On a slow machine, as many more as the rate allows meanwhile.
        assert.ok(passed <= most + REQUESTS_A_MINUTE, `${passed}`);
        assert.equal(refused.body, BUSY);
        assert.equal(refused.headers.get("retry-after"), "60");
        assert.match(
          refused.headers.get("content-type") ?? "",
          /^application\/json; ?charset=utf-8$/,
        );
      }),
  );
}

async function askOften(rig: ProxyRig) {
  for (let passed = 0; passed < 1000; passed++) {
    const reply = await rig.get("/v1/calls");
    if (reply.status === 429) return { passed, refused: reply };
    assert.equal(reply.status, 200);
  }
  throw new Error("1000 requests were let through");
}

async function readActive(path: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(path, DEPLOY));
  return text.replace(/^\s*#.*$/gm, "");
}

function startNginx(command: string) {
  return async (plan: ProxyPlan): Promise<Deno.ChildProcess> =>
    spawn(command, [
      "-c",
      await writeNginx(plan),
      "-g",
      "daemon off; master_process off;",
    ]);
}

function startHaproxy(command: string) {
  return async (plan: ProxyPlan): Promise<Deno.ChildProcess> =>
    spawn(command, ["-q", "-db", "-f", await writeHaproxy(plan)]);
}

function spawn(command: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** The shipped files with this machine's ports and folders, and a frame around them. */
async function writeNginx(plan: ProxyPlan): Promise<string> {
  const { folder, httpPort, httpsPort, nodePorts } = plan;
  const upstream = await Deno.readTextFile(
    new URL("nginx/vapi_upstream.conf", DEPLOY),
  );
  const site = await Deno.readTextFile(new URL("nginx/vapi.conf", DEPLOY));
  await Deno.writeTextFile(
    `${folder}/vapi_upstream.conf`,
    replaceNodes(upstream, nodePorts),
  );
  const gateway = await Deno.readTextFile(
    new URL("nginx/vapi_gateway.conf", DEPLOY),
  );
  await Deno.writeTextFile(
    `${folder}/vapi_gateway.conf`,
    replaceNodes(gateway, nodePorts),
  );
  await Deno.writeTextFile(
    `${folder}/vapi.conf`,
    site.replace("listen 80;", `listen 127.0.0.1:${httpPort};`)
      .replace("listen 443 ssl;", `listen 127.0.0.1:${httpsPort} ssl;`)
      .replaceAll("/etc/nginx/tls/", `${folder}/`)
      .replaceAll("/var/log/nginx/", `${folder}/`),
  );
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`);
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${paths.join("\n  ")}
  include ${folder}/vapi.conf;
  include ${folder}/vapi_upstream.conf;
  include ${folder}/vapi_gateway.conf;
}
`,
  );
  return `${folder}/nginx.conf`;
}

async function writeHaproxy(plan: ProxyPlan): Promise<string> {
  const { folder, httpPort, httpsPort, nodePorts } = plan;
  const text = await Deno.readTextFile(
    new URL("haproxy/haproxy.cfg", DEPLOY),
  );
  const file = `${folder}/haproxy.cfg`;
  await Deno.writeTextFile(
    file,
    replaceNodes(text, nodePorts)
      .replace("bind :80\n", `bind 127.0.0.1:${httpPort}\n`)
      .replace("bind :443 ", `bind 127.0.0.1:${httpsPort} `)
      .replace("bind :5061\n", `bind unix@${folder}/sip.sock\n`)
      .replace("/etc/haproxy/tls/", `${folder}/`),
  );
  return file;
}

function replaceNodes(text: string, ports: readonly number[]): string {
  return text.replace(
    // A fake node has one port for both.
    /10\.0\.0\.2([123]):300[01]( check port 3000)?/g,
    (_, node: string) => `127.0.0.1:${ports[Number(node) - 1]}`,
  );
}
