import assert from "node:assert/strict";
import { VARIABLE_NAMES } from "../../src/config/config.ts";
import { findNearNames } from "../../src/config/near_names.ts";

function find(name: string): string[] {
  return findNearNames({ [name]: "1" }, VARIABLE_NAMES);
}

for (
  const [name, meant] of [
    ["ESL_PROT", "ESL_PORT"],
    ["SHARD", "SHARDS"],
    ["MAX_CONECTIONS", "MAX_CONNECTIONS"],
    ["STEPFUN_APIKEY", "STEPFUN_API_KEY"],
    ["stepfun_api_key", "STEPFUN_API_KEY"],
    ["LOG_LEVLE", "LOG_LEVEL"],
    ["ASSISTANT_FILE", "ASSISTANTS_FILE"],
    ["DRAIN_SECOND", "DRAIN_SECONDS"],
  ]
) {
  Deno.test(`${name} is reported with the name that was meant`, () => {
    assert.deepEqual(find(name), [
      `${name} is unknown; did you mean ${meant}?`,
    ]);
  });
}

for (const name of ["STEPFUN_TEMPERATURE", "ESL_PASSWORD", "VAPI_SHARDS"]) {
  Deno.test(`${name}, which no other program has, is reported`, () => {
    assert.deepEqual(find(name), [
      `${name} is unknown; docs/configuration.md lists all`,
    ]);
  });
}

Deno.test("the deployment plan's name of the model's address is reported with ours", () => {
  assert.deepEqual(find("STEPFUN_WS_URL"), [
    "STEPFUN_WS_URL is the deployment plan's name; set STEPFUN_URL instead",
  ]);
});

const USUAL = [
  "PATH HOME HOSTNAME USER SHELL PWD OLDPWD SHLVL TERM LANG LC_ALL TZ TMPDIR",
  "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy no_proxy LOGNAME LOG_DIR LOG_FILE",
  "DENO_DIR NPM_CONFIG_CACHE NODE_ENV KUBERNETES_SERVICE_HOST INVOCATION_ID",
  "ESL_SERVICE_HOST ESL_PORT_8084_TCP_ADDR STEPFUN_SERVICE_PORT_HTTP",
  "FS_SIP_IP FS_ESL_PASSWORD JWT_SECRET BUN_THREADS",
  "REDIS_URL SSH_AUTH_SOCK XDG_RUNTIME_DIR JOURNAL_STREAM CI DEBUG PORT HOST",
].join(" ").split(" ");

Deno.test("what other programs set is nobody's mistake", () => {
  const environment = Object.fromEntries(USUAL.map((name) => [name, "1"]));
  assert.deepEqual(findNearNames(environment, VARIABLE_NAMES), []);
});

Deno.test("the known names are not near each other", () => {
  const environment = Object.fromEntries(
    VARIABLE_NAMES.map((name) => [name, "1"]),
  );
  assert.deepEqual(findNearNames(environment, VARIABLE_NAMES), []);
});
