import assert from "node:assert/strict";

const PLAN = new URL("../../../tools/plan.ts", import.meta.url).pathname;

async function plan(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", PLAN, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("the command shows the deployment plan's own numbers", async () => {
  const { code, out } = await plan(
    ...["--calls-per-day", "10000", "--minutes", "3", "--peak", "5"],
  );
  assert.equal(code, 0);
  assert.match(out, /calls a second, peak +0\.58\n/);
  assert.match(out, /calls at once, peak +105 \(104\.17 erlang\)\n/);
  assert.match(out, /with reserve × 2 +210\n/);
  assert.match(out, /270,000 +162,000 +300 +¥432,300/);
  assert.match(out, /together, as the deployment plan has it +2,670/);
});

Deno.test("the command writes JSON when asked", async () => {
  const { code, out } = await plan("--json", "--places", "7");
  assert.equal(code, 0);
  const sizing = JSON.parse(out);
  assert.equal(sizing.load.places, 7);
  assert.equal(Math.round(sizing.costs[0].monthCny), 432_300);
});

Deno.test("the command ends with 2 and one sentence when an option is absurd", async () => {
  const { code, out, err } = await plan("--minutes", "0");
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /^--minutes must be a number from 0\.05 to 240, got "0"\n/);
  assert.equal(err.trim().split("\n").length, 2);
});

Deno.test("the command takes the cost of a call from a report and the prices from a file", async () => {
  const folder = await Deno.makeTempDir();
  const [report, prices] = [`${folder}/report.json`, `${folder}/prices.json`];
  await Deno.writeTextFile(
    report,
    JSON.stringify({
      cells: [{
        calls: 90,
        shards: 1,
        state: "met",
        measured: {
          server: { all: 0.2, main: 0.1 },
          cpuPerCallCores: 0.001,
          bytesPerCall: 1_048_576,
          idleBytes: 10_485_760,
        },
      }],
      verdicts: [{ shards: 1, carried: 90 }],
    }),
  );
  await Deno.writeTextFile(
    prices,
    JSON.stringify({ qwen: { audioInPerSecondCny: 1 } }),
  );
  const { code, out } = await plan("--report", report, "--prices", prices);
  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 0);
  assert.match(out, /calls a node by measured so far +90/);
  assert.match(out, /memory of a full node +100 MiB/);
  assert.match(out, /qwen +own +conversation read once/);
});

Deno.test("the command ends with 2 when the report is missing", async () => {
  const { code, err } = await plan("--report", "gone.json");
  assert.equal(code, 2);
  assert.match(err, /--report gone\.json cannot be read/);
});
