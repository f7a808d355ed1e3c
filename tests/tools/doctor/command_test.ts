import assert from "node:assert/strict";
import { startStepFun } from "../../../src/simulator/stepfun/start_stepfun.ts";

const ROOT = new URL("../../../", import.meta.url);
const KEY = "sk-very-secret-0123456789";

/** Starts the doctor with the permissions of its task. */
async function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Deno.ChildProcess> {
  const file = await Deno.readTextFile(new URL("deno.json", ROOT));
  const words: string[] = JSON.parse(file).tasks.doctor.split(/\s+/);
  assert.equal(words.at(-1), "tools/doctor.ts");
  const { HOME = "", PATH = "", DENO_DIR } = Deno.env.toObject();
  return new Deno.Command(Deno.execPath(), {
    args: [...words.slice(1), ...args],
    cwd: ROOT.pathname,
    clearEnv: true,
    env: { HOME, PATH, ...DENO_DIR && { DENO_DIR }, NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function doctor(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
) {
  const { code, stdout, stderr } = await (await start(args, env)).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("the doctor ends with 0 and a line a finding when all is well", async () => {
  const model = startStepFun({ mode: "parrot", apiKey: KEY });
  const { code, out, err } = await doctor(["--only", "configuration,model"], {
    STEPFUN_URL: model.url,
    STEPFUN_API_KEY: KEY,
  });
  await model.close();
  assert.equal(code, 0, out + err);
  assert.match(out, /^ok +configuration +the settings can be used: .*\n/);
  assert.match(out, /\nok +model +stepfun step-audio-2: it speaks|warning/);
  assert.match(out, /, 0 problems\n$/);
});

Deno.test("the doctor looks at this machine with the permissions of its task", async () => {
  const { out, err } = await doctor(["--only", "runtime,limits,ports"], {
    ESL_PORT: "0",
    HTTP_PORT: "0",
    STEPFUN_API_KEY: KEY,
  });
  assert.equal(err, "");
  assert.match(out, / +limits +\d+ open files/);
  assert.match(out, / +runtime +the C library can/);
  assert.doesNotMatch(out, /could not be looked at/);
});

Deno.test("the doctor ends with 1, and hides the key that a peer repeats, when there is a problem", async () => {
  const peer = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      new Response(`bad ${request.headers.get("authorization")}`, {
        status: 401,
      }),
  );
  const url = `ws://127.0.0.1:${peer.addr.port}/v1/realtime`;
  const { code, out } = await doctor(["--only", "model", "--json"], {
    STEPFUN_URL: url,
    STEPFUN_API_KEY: KEY,
  });
  await peer.shutdown();
  assert.equal(code, 1);
  assert.ok(!out.includes(KEY));
  const { healthy, findings } = JSON.parse(out);
  assert.equal(healthy, false);
  assert.equal(findings.length, 1);
  assert.match(findings[0].what, /with 401: bad Bearer \*\*\*$/);
  assert.match(findings[0].todo, /STEPFUN_API_KEY/);
});

Deno.test("the doctor names every mistake in the settings and goes on with the rest", async () => {
  const { code, out } = await doctor(
    ["--only", "configuration,runtime,redis,model"],
    { SHARDS: "x", ESL_PROT: "1" },
  );
  assert.equal(code, 1);
  assert.match(out, /problem +configuration +ESL_PROT is unknown/);
  assert.match(out, /problem +configuration +SHARDS must be/);
  assert.match(out, /ok +runtime +Deno/);
  assert.match(out, /problem +model +not looked at/);
});

Deno.test("the doctor ends with 2 when an option cannot be used", async () => {
  const { code, out, err } = await doctor(["--fs-port", "x"]);
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /^--fs-port must be a port from 1 to 65535, got "x"\n/);
});

Deno.test("the doctor ends with 130 when Ctrl-C comes in the middle", async () => {
  const session = Promise.withResolvers<void>();
  const model = startStepFun({
    mode: "parrot",
    faults: { stallAt: "created" },
    onSession: () => session.resolve(),
  });
  const child = await start(["--only", "model"], { STEPFUN_URL: model.url });
  await session.promise;
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  await model.close();
  assert.equal(code, 130);
  assert.match(new TextDecoder().decode(stderr), /Stopped by Ctrl-C/);
});
