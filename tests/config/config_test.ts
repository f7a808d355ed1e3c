import assert from "node:assert/strict";
import { VARIABLE_NAMES } from "../../src/config/config.ts";
import { KEY, load, problemsOf } from "../support/config_sources.ts";

/** Values that each variable refuses. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  HTTP_HOST: ["http://a", "a b", "a/b"],
  HTTP_PORT: ["65536", "-1", "3e3", "0x10", "80.5", "port", "99999999999"],
  ESL_HOST: ["a b", "localhost;"],
  ESL_PORT: ["65536", "tcp://10.0.0.1:8084"],
  ESL_ALLOW: ["everybody", "10.0.0.0/33", "10.0.0.0/8,bad", ","],
  FUNCTIONS_TOKEN: ["short", "with spaces in the middle"],
  TRANSFER_CONTEXT: ["a b", "x".repeat(65), "a;b"],
  MEDIA_HOST: ["media.example.com", "999.0.0.1", "1.2.3", ":::::"],
  MEDIA_IO: ["epoll", "AUTO", "poll,async"],
  SHARDS: ["0", "65", "-1", "1.5", "all"],
  SHARD_HEAP_MB: ["63", "65537", "1G"],
  SHARD_TIMEOUT_MS: ["199", "60001", "1s"],
  MAX_CONNECTIONS: ["0", "100001", "many"],
  STEPFUN_URL: [
    "https://api.stepfun.com",
    "api.stepfun.com",
    "wss://user:secret@api.stepfun.com/",
    "wss://api.stepfun.com/v1/realtime#x",
  ],
  GATEWAY_HOST: ["a b", "http://10.0.0.1"],
  GATEWAY_PORT: ["-1", "65536", "3001x"],
  API_TOKEN: [
    "short",
    "p@ss-word!1234567",
    "two words of sixteen",
    "ключ ключ ключ ключ",
    "x".repeat(257),
  ],
  STEPFUN_API_KEY: ["two words", "schlüssel", "a\nb"],
  STEPFUN_INPUT_RATE: ["7999", "48001", "16k"],
  STEPFUN_OUTPUT_RATE: ["7999", "48001", "24k"],
  MODEL_OPEN_TIMEOUT_MS: ["99", "60001", "8s"],
  ASSISTANTS_FILE: ["/no/such/file.json"],
  ANSWER_AFTER_MS: ["-1", "60001"],
  MAX_CALL_SECONDS: ["0", "86401"],
  DRAIN_SECONDS: ["-1", "86401"],
  UPLINK_BATCH_MS: ["19", "201"],
  RESAMPLER: ["sinc", "POLYPHASE"],
  OVERLOAD_DELAY_MS: ["-1", "60001"],
  SUPPLIERS: ["acme", "stepfun,acme", "stepfun,stepfun", ","],
  QWEN_URL: ["https://dashscope.aliyuncs.com"],
  QWEN_API_KEY: ["two words"],
  OPENAI_URL: ["api.openai.com"],
  OPENAI_API_KEY: ["a\nb"],
  MODEL_ATTEMPTS: ["0", "11"],
  MODEL_GIVE_UP_SECONDS: ["0", "601"],
  HISTORY_TOKENS: ["-1", "100001"],
  FILLER_AFTER_MS: ["-1", "60001"],
  CALLER_SILENCE_SECONDS: ["-1", "3601"],
  HANDOVER: ["yes", "ON"],
  NODE_NAME: ["a b", "node/1", "x".repeat(65)],
  REDIS_URL: [
    "http://10.0.0.1:6379",
    "10.0.0.1:6379",
    "redis://",
    "redis://a,b",
    "redis+sentinel://10.0.0.1:26379",
  ],
  SESSION_KEYS: ["abc", "a:00", `a:${"0".repeat(63)}g`, "a:", ","],
  EVENTS_KEPT: ["99", "100000001"],
  STORE_BUFFER: ["99", "1000001"],
  PRICES_FILE: ["/no/such/file.json"],
  BUDGET_CNY_PER_DAY: ["-1", "1.234", "much"],
  LOG_LEVEL: ["trace", "INFO"],
  LOG_PII: ["true", "yes"],
};
/** Variables that take any text. */
const ANY_TEXT = ["STEPFUN", "QWEN", "OPENAI"].flatMap((supplier) => [
  `${supplier}_MODEL`,
  `${supplier}_VOICE`,
]);

Deno.test("every variable has wrong values in this test, or takes any text", () => {
  const known = [...Object.keys(WRONG), ...ANY_TEXT].toSorted();
  assert.deepEqual(known, [...VARIABLE_NAMES].toSorted());
});

for (const [name, values] of Object.entries(WRONG)) {
  for (const value of values) {
    Deno.test(`${name}=${JSON.stringify(value)} is one mistake, which names it`, () => {
      const problems = problemsOf({ ...KEY, [name]: value });
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0], new RegExp(`^${name} `));
    });
  }
}

Deno.test("all mistakes are reported at once, in one list", () => {
  const environment: Record<string, string> = { ESL_PROT: "1" };
  for (const [name, [value]] of Object.entries(WRONG)) {
    environment[name] = value;
  }
  const problems = problemsOf(environment);
  for (const name of [...Object.keys(WRONG), "ESL_PROT"]) {
    const about = problems.filter((line) => line.startsWith(`${name} `));
    assert.equal(about.length, 1, `${name}: ${about.join("\n")}`);
  }
  assert.equal(problems.length, Object.keys(WRONG).length + 1);
});

/** What the deployment plan's composes and sketches set, FreeSWITCH's container included. */
const PLAN = {
  BUN_THREADS: "4",
  MAX_CONNECTIONS: "1000",
  JWT_SECRET: "a-secret-of-the-plan",
  STEPFUN_WS_URL: "wss://api.stepfun.com/v1/realtime",
  STEPFUN_API_KEY: "sk-test",
  REDIS_URL: "redis://redis:6379",
  LOG_LEVEL: "info",
  FS_SIP_IP: "0.0.0.0",
  FS_ESL_PASSWORD: "ClueCon",
};

Deno.test("whoever copies the deployment plan's environment is told what to set instead", () => {
  const problems = problemsOf(PLAN);
  assert.deepEqual(problems.map((line) => line.split(" ")[0]), [
    "STEPFUN_WS_URL",
  ]);
  const { STEPFUN_WS_URL, ...rest } = PLAN;
  const config = load({ ...rest, STEPFUN_URL: STEPFUN_WS_URL });
  assert.equal(config.maxConnections, 1000);
  assert.equal(config.store.redisUrl, PLAN.REDIS_URL);
});

Deno.test("a missing key is reported beside other mistakes", () => {
  const problems = problemsOf({ SHARDS: "0" });
  assert.equal(problems.length, 2, problems.join("\n"));
  assert.ok(problems.some((line) => line.startsWith("STEPFUN_API_KEY ")));
});

Deno.test("the key is never repeated in a mistake", () => {
  const [problem] = problemsOf({ STEPFUN_API_KEY: "sk-secret word" });
  assert.ok(!problem.includes("secret"));
});

Deno.test("a long value is cut in a mistake", () => {
  const [problem] = problemsOf({ ...KEY, SHARDS: "x".repeat(100_000) });
  assert.ok(problem.length < 200);
});

for (const url of ["", "wss://api.stepfun.com/v1", "ws://127.0.0.1.nip.io/"]) {
  Deno.test(`a model at ${url || "its usual place"} needs a key`, () => {
    const problems = problemsOf({ STEPFUN_URL: url });
    assert.equal(problems.length, 1);
    assert.match(problems[0], /^STEPFUN_API_KEY must be set/);
  });
}

for (
  const url of ["ws://127.0.0.1:9000/x", "ws://localhost/", "ws://[::1]:1/"]
) {
  Deno.test(`a model at ${url} needs no key`, () => {
    assert.deepEqual(problemsOf({ STEPFUN_URL: url }), []);
  });
}

Deno.test("a variable that is set to nothing counts as not set", () => {
  const empty = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, " "]));
  assert.deepEqual(load({ ...empty, ...KEY }), load(KEY));
});

Deno.test("a value's spaces at both ends do not count", () => {
  const environment = {
    ...KEY,
    SHARDS: "2",
    STEPFUN_MODEL: "step-audio-2-mini",
    STEPFUN_VOICE: "v",
    LOG_LEVEL: "warn",
    RESAMPLER: "libsamplerate",
    ASSISTANTS_FILE: "/a.json",
  };
  const spaced = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, ` ${value}\t`]),
  );
  const text = '{"default":{"name":"A","instructions":"B"}}';
  const files = { "/a.json": text };
  assert.deepEqual(load(spaced, files), load(environment, files));
});

Deno.test("without settings the server keeps to this machine", () => {
  const config = load(KEY);
  assert.deepEqual(config.http, {
    host: "127.0.0.1",
    port: 3000,
    apiToken: undefined,
  });
  assert.deepEqual(config.gateway, { host: "127.0.0.1", port: 3001 });
  assert.deepEqual(config.esl, {
    host: "127.0.0.1",
    port: 8084,
    allow: ["127.0.0.0/8", "::1/128"],
  });
  assert.equal(config.shards, 3);
  assert.equal(config.mediaHost, undefined);
  assert.equal(config.mediaIo, "auto");
  assert.equal(config.showPii, false);
  assert.equal(config.resampler, "polyphase");
  assert.equal(
    config.model.suppliers.stepfun.url,
    "wss://api.stepfun.com/v1/realtime",
  );
});

Deno.test("every setting arrives where it belongs, with its unit", () => {
  const config = load({
    ...KEY,
    HTTP_PORT: " 0 ",
    ESL_ALLOW: "10.0.0.0/8, ::1 ,",
    MEDIA_HOST: "192.0.2.7",
    MEDIA_IO: "async",
    SHARDS: "2",
    STEPFUN_INPUT_RATE: "16000",
    MAX_CALL_SECONDS: "60",
    DRAIN_SECONDS: "0",
    LOG_PII: "show",
  });
  assert.equal(config.http.port, 0);
  assert.deepEqual(config.esl.allow, ["10.0.0.0/8", "::1"]);
  assert.equal(config.mediaHost, "192.0.2.7");
  assert.equal(config.mediaIo, "async");
  assert.equal(config.shards, 2);
  assert.equal(config.model.suppliers.stepfun.inputRateHz, 16000);
  assert.equal(config.model.suppliers.stepfun.apiKey, "sk-test");
  assert.equal(config.maxCallMs, 60_000);
  assert.equal(config.drainMs, 0);
  assert.equal(config.showPii, true);
});

Deno.test("the settings are frozen to the bottom", () => {
  const config = load(KEY);
  const assertFrozen = (value: unknown, path: string) => {
    if (typeof value !== "object" || value === null) return;
    assert.ok(value instanceof Map || Object.isFrozen(value), path);
    const entries = value instanceof Map ? value : Object.entries(value);
    for (const [key, each] of entries) assertFrozen(each, `${path}.${key}`);
  };
  assertFrozen(config, "config");
});
