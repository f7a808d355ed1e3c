import assert from "node:assert/strict";
import { startServer } from "../../tools/server_process.ts";

/** Runs the server to its end and returns its exit code and what it wrote to standard error. */
async function runServer(environment: Record<string, string>) {
  const errors: string[] = [];
  await assert.rejects(startServer({
    environment,
    onError: (line) => errors.push(line),
  }));
  return errors.join("\n");
}

async function exitCode(environment: Record<string, string>) {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", main],
    env: environment,
    stdout: "null",
    stderr: "piped",
  }).output();
  return { code: output.code, text: new TextDecoder().decode(output.stderr) };
}

Deno.test("the server lists every mistake in its settings at once and exits with 2", async () => {
  const { code, text } = await exitCode({
    SHARDS: "0",
    ESL_PORT: "eighty",
    ESL_ALLOW: "10.0.0.0/8,everybody",
    LOG_LEVEL: "loud",
    STEPFUN_API_KEYS: "x",
    ASSISTANTS_FILE: "/nonexistent.json",
  });
  assert.equal(code, 2);
  for (
    const name of [
      "SHARDS",
      "ESL_PORT",
      "ESL_ALLOW",
      "LOG_LEVEL",
      "did you mean STEPFUN_API_KEY",
      "/nonexistent.json",
    ]
  ) assert.ok(text.includes(name), `${name} in ${text}`);
});

Deno.test("the server says that a key is missing", async () => {
  const text = await runServer({ STEPFUN_URL: "wss://model.example/v1" });
  assert.match(text, /STEPFUN_API_KEY must be set/);
});

Deno.test("the server says which setting to change when a port is in use, and exits with 1", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, text } = await exitCode({
    HTTP_PORT: "0",
    ESL_PORT: String((taken.addr as Deno.NetAddr).port),
    STEPFUN_URL: "ws://127.0.0.1:9/",
  });
  taken.close();
  assert.equal(code, 1);
  assert.match(text, /ESL_PORT \d+ is in use/);
});

Deno.test("a MEDIA_HOST that is not this machine's is a wrong setting", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "start"],
    env: {
      STEPFUN_API_KEY: "key",
      MEDIA_HOST: "192.0.2.1",
      HTTP_PORT: "0",
      ESL_PORT: "0",
    },
    signal: AbortSignal.timeout(60_000),
  }).output();
  assert.equal(code, 2);
  const said = new TextDecoder().decode(stderr);
  assert.match(said, /MEDIA_HOST must be an address of this machine/);
});
