// Long because: every answer of a robot and every mistake of a caller.
import assert from "node:assert/strict";
import { createLog } from "../../../src/telemetry/log.ts";
import { Relay } from "../../../tools/alert_relay/relay.ts";
import { Robot, type RobotKind } from "../../../tools/alert_relay/robot.ts";
import { type RobotRequest, startFakeRobot } from "./fake_robot.ts";
import { firingAlert, notificationOf } from "./notifications.ts";

interface RigOptions {
  readonly kind?: RobotKind;
  readonly secret?: string;
  readonly answer?: (request: RobotRequest) => Response | Promise<Response>;
  /** Instead of the fake robot's. */
  readonly url?: string;
  readonly timeoutMs?: number;
  readonly bodyTimeoutMs?: number;
}

async function withRelay(
  options: RigOptions,
  body: (rig: {
    url: string;
    requests: readonly RobotRequest[];
    logs: string[];
    post(
      path: string,
      body?: unknown,
    ): Promise<{ status: number; text: string }>;
  }) => Promise<void>,
) {
  await using fake = startFakeRobot(options.answer);
  const logs: string[] = [];
  const log = createLog({
    level: "debug",
    showPii: true,
    sink: (line) => logs.push(line),
  });
  const robot = new Robot(options.kind ?? "dingtalk", {
    url: options.url ?? fake.url,
    secret: options.secret,
    timeoutMs: options.timeoutMs ?? 30_000,
    now: () => 1_700_000_000_000,
  });
  const bodyTimeoutMs = options.bodyTimeoutMs ?? 30_000;
  const relay = new Relay({ robots: [robot], log, bodyTimeoutMs });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => relay.answer(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  try {
    await body({
      url,
      requests: fake.requests,
      logs,
      post: async (path, body = notificationOf([firingAlert()])) => {
        const text = typeof body === "string" ? body : JSON.stringify(body);
        const response = await fetch(url + path, {
          method: "POST",
          body: text,
        });
        return { status: response.status, text: await response.text() };
      },
    });
  } finally {
    await server.shutdown();
  }
}

Deno.test("DingTalk is sent text in its own JSON", async () => {
  await withRelay({}, async ({ post, requests }) => {
    assert.equal((await post("/dingtalk")).status, 200);
    const [{ url, body }] = requests;
    assert.equal(url.search, "?access_token=t0ken");
    assert.equal(body.msgtype, "text");
    assert.match(body.text.content, /^【VAPI-CN 告警】NodeDown/);
    assert.deepEqual(body.at, { isAtAll: false });
  });
});

Deno.test("WeCom is sent text in its own JSON", async () => {
  await withRelay({ kind: "wecom" }, async ({ post, requests }) => {
    assert.equal((await post("/wecom?mention=all")).status, 200);
    const [{ body }] = requests;
    assert.equal(body.msgtype, "text");
    assert.match(body.text.content, /^【VAPI-CN 告警】NodeDown/);
    assert.deepEqual(body.text.mentioned_list, ["@all"]);
  });
});

Deno.test("everybody is called only when the path says so", async () => {
  await withRelay({}, async ({ post, requests }) => {
    await post("/dingtalk?mention=all");
    await post("/dingtalk?mention=some");
    assert.deepEqual(
      requests.map(({ body }) => body.at.isAtAll),
      [true, false],
    );
  });
});

Deno.test("DingTalk's signature is that of its documentation when there is a secret", async () => {
  const secret = "SECabc+/=";
  await withRelay({ secret }, async ({ post, requests }) => {
    await post("/dingtalk");
    const { searchParams } = requests[0].url;
    const key = await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const text = new TextEncoder().encode(`1700000000000\n${secret}`);
    const sign = new Uint8Array(await crypto.subtle.sign("HMAC", key, text));
    assert.equal(searchParams.get("access_token"), "t0ken");
    assert.equal(searchParams.get("timestamp"), "1700000000000");
    assert.equal(searchParams.get("sign"), sign.toBase64());
  });
});

Deno.test("a refusal inside of a 200 becomes 502, so that Alertmanager repeats", async () => {
  const answer = () =>
    Response.json({ errcode: 130101, errmsg: "send too fast" });
  await withRelay({ answer }, async ({ post, requests, logs }) => {
    const { status, text } = await post("/dingtalk");
    assert.equal(status, 502);
    assert.match(text, /130101 send too fast/);
    assert.match(logs.join(), /130101 send too fast/);
    assert.equal(requests.length, 1, "the relay must not repeat by itself");
  });
});

const ODD_ANSWERS: Record<string, () => Response> = {
  "an error page": () => new Response("no", { status: 500 }),
  "an empty body": () => new Response(null, { status: 200 }),
  "no JSON": () => new Response("<html>"),
  "JSON without errcode": () => Response.json({}),
  "errcode as text": () => Response.json({ errcode: "0" }),
  "a body without an end": () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(16_384)),
      }),
    ),
};

for (const [what, answer] of Object.entries(ODD_ANSWERS)) {
  Deno.test(`${what} from the robot becomes 502`, async () => {
    await withRelay({ answer }, async ({ post }) => {
      assert.equal((await post("/dingtalk")).status, 502);
    });
  });
}

Deno.test("a redirect is not followed", async () => {
  await using elsewhere = startFakeRobot();
  const answer = () => Response.redirect(elsewhere.url, 307);
  await withRelay({ answer }, async ({ post }) => {
    assert.equal((await post("/dingtalk")).status, 502);
    assert.equal(elsewhere.requests.length, 0);
  });
});

Deno.test("a robot that does not answer in time becomes 504", async () => {
  const over = Promise.withResolvers<Response>();
  const options = { answer: () => over.promise, timeoutMs: 100 };
  await withRelay(options, async ({ post, logs }) => {
    assert.equal((await post("/dingtalk")).status, 504);
    assert.match(logs.join(), /"state":"timeout"/);
    over.resolve(new Response());
  });
});

Deno.test("no secret is in the log or the answer when the robot quotes them or is not there", async () => {
  const answer = ({ url }: RobotRequest) =>
    Response.json({ errcode: 310000, errmsg: `${url.href} SECret` });
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = closed.addr.port;
  closed.close();
  for (const url of [undefined, `http://127.0.0.1:${port}/?key=t0ken`]) {
    const options = { answer, secret: "SECret", url };
    await withRelay(options, async ({ post, logs }) => {
      const { status, text } = await post("/dingtalk");
      assert.equal(status, 502);
      assert.equal(logs.length, 1);
      const told = logs.join() + text;
      assert.ok(!told.includes("t0ken") && !told.includes("SECret"), told);
    });
  }
});

const BAD_BODIES: Record<string, unknown> = {
  "no JSON": "{",
  "an empty body": "",
  "an array": [],
  "another version": notificationOf([firingAlert()], { version: "5" }),
  "no alerts": notificationOf([]),
  "labels that are no texts": notificationOf([
    { ...firingAlert(), labels: { a: 1 } },
  ]),
};

for (const [what, body] of Object.entries(BAD_BODIES)) {
  Deno.test(`${what} is answered by 400 and not passed on`, async () => {
    await withRelay({}, async ({ post, requests }) => {
      assert.equal((await post("/dingtalk", body)).status, 400);
      assert.equal(requests.length, 0);
    });
  });
}

Deno.test("a body beyond the bound is answered by 413", async () => {
  await withRelay({}, async ({ post, requests }) => {
    const { status } = await post("/dingtalk", " ".repeat(1_100_000));
    assert.equal(status, 413);
    assert.equal(requests.length, 0);
  });
});

Deno.test("a body that stops in the middle is answered by 408", async () => {
  await withRelay({ bodyTimeoutMs: 100 }, async ({ url, requests }) => {
    const hostname = "127.0.0.1";
    using conn = await Deno.connect({
      hostname,
      port: Number(new URL(url).port),
    });
    await conn.write(new TextEncoder().encode(
      "POST /dingtalk HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{",
    ));
    const answer = new Uint8Array(64);
    const length = await conn.read(answer) ?? 0;
    const text = new TextDecoder().decode(answer.subarray(0, length));
    assert.match(text, /^HTTP\/1\.1 408/);
    assert.equal(requests.length, 0);
  });
});

Deno.test("a robot that is not set, another method and the health are answered as such", async () => {
  await withRelay({}, async ({ url, post, requests }) => {
    const wecom = await post("/wecom");
    assert.equal(wecom.status, 404);
    assert.match(wecom.text, /there are: \/dingtalk/);
    const got = await fetch(`${url}/dingtalk`);
    assert.equal(got.status, 405);
    await got.body?.cancel();
    const health = await fetch(`${url}/health`);
    assert.deepEqual(await health.json(), { status: "ok" });
    assert.equal(requests.length, 0);
  });
});

Deno.test("more than sixteen at once are answered by 503, and places come free again", async () => {
  const over = Promise.withResolvers<void>();
  const answer = async () => {
    await over.promise;
    return Response.json({ errcode: 0 });
  };
  await withRelay({ answer }, async ({ post }) => {
    const all = Array.from({ length: 17 }, () => post("/dingtalk"));
    // The seventeenth is answered while the robot keeps the others waiting.
    assert.equal((await Promise.race(all)).status, 503);
    over.resolve();
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, 16);
    assert.equal((await post("/dingtalk")).status, 200);
  });
});
