import assert from "node:assert/strict";
import {
  checkRedis,
  judgeInfo,
  readInfo,
} from "../../../tools/doctor/check_redis.ts";
import { parseRedisUrl } from "../../../tools/doctor/redis_clients.ts";
import { forever, linesOf, patient } from "./patient.ts";
import { REDIS_SERVER, startRedis } from "./redis_process.ts";

const ignore = REDIS_SERVER === undefined;

async function examine(
  url: string,
  more: Record<string, string> = {},
): Promise<string[]> {
  const settings = patient({ REDIS_URL: url, ...more });
  return linesOf(await checkRedis(settings, forever()));
}

Deno.test("a healthy Redis has only good findings", { ignore }, async () => {
  const redis = await startRedis();
  const lines = await examine(`redis://127.0.0.1:${redis.port}/2`);
  await redis.stop();
  assert.deepEqual(
    // A loaded machine may make it slow.
    lines.filter((line) => !/^ok|answers PING/.test(line)),
    [],
  );
  assert.equal(lines.length, 5);
});

Deno.test("a password of Redis is a problem when it is wrong or missing", {
  ignore,
}, async () => {
  const redis = await startRedis("--requirepass", "right-word");
  const right = await examine(`redis://:right-word@127.0.0.1:${redis.port}`);
  const wrong = await examine(`redis://:wrong-word@127.0.0.1:${redis.port}`);
  const none = await examine(`redis://127.0.0.1:${redis.port}`);
  await redis.stop();
  assert.match(right[0], /PING/);
  for (const [line] of [wrong, none]) {
    assert.match(line, /^problem: .* → set user and password in REDIS_URL/);
    assert.doesNotMatch(line, /right-word|wrong-word/);
  }
});

Deno.test(
  "a user who may not use channels is a warning when there is a REST interface",
  {
    ignore,
  },
  async () => {
    const redis = await startRedis(
      ...["--user", "vapi", "on", ">word", "~*", "+@all", "resetchannels"],
    );
    const url = `redis://vapi:word@127.0.0.1:${redis.port}`;
    const withRest = { API_TOKEN: "token-of-these-tests" };
    const lines = await examine(url, withRest);
    const without = await examine(url);
    await redis.stop();
    assert.match(lines.at(-1)!, /^warning: REST speaks .*NOPERM.* &vapi:\*/);
    assert.ok(!without.some((line) => /REST/.test(line)));
  },
);

Deno.test("the nodes that REST reaches are counted", { ignore }, async () => {
  const redis = await startRedis();
  const url = `redis://127.0.0.1:${redis.port}`;
  const lines = await examine(url, { API_TOKEN: "token-of-these-tests" });
  await redis.stop();
  assert.match(lines.at(-1)!, /^ok: REST reaches 0 running nodes/);
});

Deno.test("a Redis that forgets is a problem", { ignore }, async () => {
  const redis = await startRedis(
    ...["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
  );
  const lines = await examine(`redis://127.0.0.1:${redis.port}`);
  await redis.stop();
  assert.ok(
    lines.some((l) => /^problem: maxmemory-policy is allkeys-lru/.test(l)),
    lines.join("\n"),
  );
});

Deno.test("a Redis that is not there is a problem", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const [line] = await examine(`redis://127.0.0.1:${port}`);
  assert.match(
    line,
    /^problem: Redis at 127\.0\.0\.1:\d+ cannot be used: .*REFUSED/,
  );
});

Deno.test("a Redis that says nothing is a problem after its time", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepted = listener.accept();
  const [line] = await examine(`redis://127.0.0.1:${port}`);
  (await accepted).close();
  listener.close();
  assert.match(line, /^problem: Redis at .* cannot be used/);
});

Deno.test("no Redis is a warning when none is set", async () => {
  const lines = linesOf(await checkRedis(patient(), forever()));
  assert.match(lines[0], /^warning: REDIS_URL is not set/);
});

Deno.test("an old Redis and a replica are problems", () => {
  const facts = readInfo(
    "# Server\r\nredis_version:4.0.9\r\nrole:slave\r\nmaxmemory:0\r\nmaxmemory_policy:volatile-lru\r\n",
  );
  const lines = linesOf(judgeInfo(facts));
  assert.match(lines[0], /^problem: Redis 4\.0\.9 has no streams/);
  assert.match(lines[1], /^problem: it is a slave/);
  assert.match(lines[2], /^warning: .*volatile-lru, without effect/);
});

const PLACES: [url: string, place: Record<string, unknown>][] = [
  ["redis://h:1/3", { kind: "single", hosts: [{ host: "h", port: 1 }], db: 3 }],
  ["rediss://u:p%40w@h", {
    secure: true,
    username: "u",
    password: "p@w",
    hosts: [{ host: "h", port: 6379 }],
    db: 0,
  }],
  ["redis://:a@b@h:1", { username: undefined, password: "a@b" }],
  ["redis+sentinel://:pw@a:1,b/mymaster/4", {
    kind: "sentinel",
    hosts: [{ host: "a", port: 1 }, { host: "b", port: 26379 }],
    master: "mymaster",
    password: "pw",
    db: 4,
  }],
  ["redis+cluster://a:7000,[::1]:7001", {
    kind: "cluster",
    hosts: [{ host: "a", port: 7000 }, { host: "::1", port: 7001 }],
  }],
];

for (const [url, expected] of PLACES) {
  Deno.test(`the address of Redis is read when it is ${url}`, () => {
    const place: Record<string, unknown> = { ...parseRedisUrl(url) };
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(place[name], value, name);
    }
  });
}
