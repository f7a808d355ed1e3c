import assert from "node:assert/strict";
import { parseRedisAddress } from "../../src/store/redis_address.ts";

const GOOD: ReadonlyArray<[url: string, address: object]> = [
  ["redis://10.0.0.5", {
    kind: "server",
    options: { host: "10.0.0.5", port: 6379, db: 0 },
  }],
  ["rediss://u:p%40ss@redis.example:6380/3", {
    kind: "server",
    options: {
      host: "redis.example",
      port: 6380,
      db: 3,
      username: "u",
      password: "p@ss",
      tls: {},
    },
  }],
  ["redis://[::1]:6379/", { options: { host: "::1", port: 6379, db: 0 } }],
  ["redis+sentinel://:pw@h1,h2:26380/mymaster/2", {
    kind: "sentinel",
    options: {
      sentinels: [{ host: "h1", port: 26379 }, { host: "h2", port: 26380 }],
      name: "mymaster",
      db: 2,
      password: "pw",
      sentinelPassword: "pw",
    },
  }],
  ["redis+cluster://h1:7000,h2:7001", {
    kind: "cluster",
    nodes: [{ host: "h1", port: 7000 }, { host: "h2", port: 7001 }],
  }],
];

for (const [url, address] of GOOD) {
  Deno.test(`the address ${url} is read`, () => {
    assert.partialDeepStrictEqual(parseRedisAddress(url), address);
  });
}

for (
  const url of [
    "http://a",
    "redis://",
    "redis://:secret@/0",
    "redis://:secret@h:port",
    "redis://:secret@h/x",
    "redis+sentinel://:secret@h",
    "redis+cluster://:secret@h:1:2",
  ]
) {
  Deno.test(`the address ${url} is refused, without its password`, () => {
    assert.throws(() => parseRedisAddress(url), (error: Error) => {
      assert.ok(error instanceof TypeError);
      return !error.message.includes("secret");
    });
  });
}
