import assert from "node:assert/strict";
import { startFlags } from "../../../tools/start_flags.ts";

interface Report {
  readonly met: boolean;
  readonly scenarios: readonly {
    readonly name: string;
    readonly findings: readonly {
      readonly what: string;
      readonly value: number;
      readonly met: boolean;
    }[];
  }[];
}

/** The tool as its task runs it, but for where it may write. */
function command(args: readonly string[]): Deno.Command {
  const text = Deno.readTextFileSync("deno.json");
  const task = JSON.parse(text).tasks.chaos.replace(
    "tools/chaos.ts",
    "main.ts",
  );
  const flags = startFlags(JSON.stringify({ tasks: { start: task } }))
    .map((flag) => flag.startsWith("--allow-write") ? "--allow-write" : flag);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "tools/chaos.ts", ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

Deno.test("a small run tells what the callers heard, and everything that it started is gone", async () => {
  const out = await Deno.makeTempDir();
  const args = "--scenario model-cut --calls 3 --seconds 4".split(" ");
  const { code, stdout, stderr } = await command([...args, "--out", out])
    .output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(new TextDecoder().decode(stderr), "");
  const report: Report = JSON.parse(
    await Deno.readTextFile(`${out}/report.json`),
  );
  const [{ name, findings }] = report.scenarios;
  assert.equal(name, "model-cut");
  const value = (what: string) =>
    findings.find((finding) => finding.what === what)?.value;
  // How long a gap is depends on what else the machine does; that calls go on does not.
  assert.equal(value("calls without a new session"), 0, text);
  assert.equal(value("new sessions without the history"), 0, text);
  assert.equal(value("calls that were hung up"), 0, text);
  assert.equal(value("calls without an ended event"), 0, text);
  assert.ok(Number(value("gap p95")) < 30, text);
  assert.equal(code, report.met ? 0 : 1);
  const picture = await Deno.readTextFile(`${out}/timeline.svg`);
  assert.match(picture, /all model sessions cut/);
  await nothingRuns(`${out}/model-cut`);
  await Deno.remove(out, { recursive: true });
});

Deno.test("Ctrl-C takes everything down and leaves a report", async () => {
  const out = await Deno.makeTempDir();
  const child = command(["--scenario", "model-cut", "--out", out]).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const errors = new Response(child.stderr).text();
  let told = "";
  for await (const text of lines) {
    const before = told;
    told += text;
    const begins = (all: string) => all.includes("listening while nothing");
    if (!begins(before) && begins(told)) child.kill("SIGINT");
  }
  const { code } = await child.status;
  assert.equal(code, 130, told);
  assert.equal(await errors, "");
  assert.match(told, /Stopped before the end/);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(`${out}/report.json`)), {
    met: true,
    scenarios: [],
  });
  await nothingRuns(`${out}/model-cut`);
  await Deno.remove(out, { recursive: true });
});

/** Fails when the node still answers, or Redis' folder is there. */
async function nothingRuns(folder: string): Promise<void> {
  const log = await Deno.readTextFile(`${folder}/node-1.log`);
  const [, port] = /"http":"127\.0\.0\.1:(\d+)"/.exec(log) ?? [];
  await assert.rejects(
    Deno.connect({ hostname: "127.0.0.1", port: Number(port) }),
    Deno.errors.ConnectionRefused,
  );
  await assert.rejects(Deno.stat(`${folder}/redis`), Deno.errors.NotFound);
}
