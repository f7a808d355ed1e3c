import assert from "node:assert/strict";
import { Client } from "./client.ts";

const ARGS = [
  "run",
  "--no-prompt",
  "--unstable-net",
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "tools/simulate_stepfun.ts",
];

function command(args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [...ARGS, ...args],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
}

async function run(args: string[]) {
  const { code, stdout, stderr } = await command(args).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Reads until a line has what is looked for. */
async function find(
  lines: ReadableStreamDefaultReader<string>,
  what: RegExp,
): Promise<string> {
  let text = "";
  for (;;) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`ended without ${what}: ${text}`);
    text += value;
    const found = what.exec(text);
    if (found !== null) return found[0];
  }
}

Deno.test("the command serves until it is interrupted and says what happened", async () => {
  const child = command(["--port", "0", "--first-audio-ms", "0"]).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const url = await find(lines, /ws:\S+/);
  const client = await new Client(`${url}?model=step-audio-2`).ready();
  client.ask("hello");
  await client.until("response.done");
  child.kill("SIGINT");
  await client.closed;
  await find(lines, /ended: sessions 0, turns 1, responses 1, errors 0/);
  lines.releaseLock();
  await child.stderr.cancel();
  assert.equal((await child.status).code, 0);
});

Deno.test("a typed line switches a fault, and a wrong one says what is allowed", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...ARGS, "--port", "0", "--dialect", "qwen"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const url = await find(lines, /ws:\S+/);
  assert.match(url, /api-ws/);
  const input = child.stdin.getWriter();
  const type = (line: string) => input.write(new TextEncoder().encode(line));
  await type("explode\nrefuse 402\n");
  await find(errors, /must be one of cut, close CODE/);
  await find(lines, /switched: refuse 402/);
  const model = "qwen3.5-omni-flash-realtime";
  const refused = new Client(`${url}?model=${model}`);
  await assert.rejects(refused.opened);
  await type("refuse off\n");
  await find(lines, /switched: refuse off/);
  const client = new Client(`${url}?model=${model}`);
  await client.until("session.created");
  child.kill("SIGINT");
  await Promise.all([client.closed, refused.closed]);
  assert.equal((await child.status).code, 0);
  await input.abort().catch(() => {});
  await Promise.all([lines.cancel(), errors.cancel()]);
});

Deno.test("the command explains itself", async () => {
  const { code, out } = await run(["--help"]);
  assert.equal(code, 0);
  assert.match(out, /--fault NAME/);
});

Deno.test("the command refuses what it does not understand", async () => {
  const wrong: [string[], RegExp][] = [
    [["--mode", "opera"], /--mode must be one of parrot/],
    [["--wav", "no/such.wav", "--mode", "wav"], /--wav no\/such\.wav/],
    [["--fault", "gremlin"], /gremlin/],
  ];
  const results = await Promise.all(wrong.map(([args]) => run(args)));
  results.forEach(({ code, err }, i) => {
    assert.equal(code, 2);
    assert.match(err, wrong[i][1]);
  });
});
