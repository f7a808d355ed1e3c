import assert from "node:assert/strict";
import { TextLineStream } from "../../../tools/text_lines.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const PERMISSIONS = [
  "--unstable-net",
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-run",
  "--allow-sys",
];

function start(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...PERMISSIONS, "tools/capacity.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(args: readonly string[]) {
  const { code, stdout, stderr } = await start(args).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

async function withFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readReport(folder: string) {
  return JSON.parse(await Deno.readTextFile(`${folder}/report.json`));
}

Deno.test("a small capacity run measures both directions and writes its report", async () => {
  await withFolder(async (out) => {
    const args = ["--calls", "4", "--shards", "2", "--seconds", "3"];
    const { code, stdout, stderr } = await run([...args, "--out", out]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /2 shards: /);
    const { cells, verdicts, machine, complete } = await readReport(out);
    assert.equal(cells.length, 1);
    const [{ shards, calls, state, measured }] = cells;
    assert.deepEqual([shards, calls], [2, 4]);
    // A busy machine may miss the limits; a broken run has no figures at all.
    assert.match(state, /^(met|failed|rejected)$/);
    assert.equal(measured.answered, 4);
    assert.deepEqual(measured.refused, {});
    assert.deepEqual(measured.endedEarly, {});
    assert.deepEqual(measured.violations, []);
    assert.equal(measured.modelErrors, 0);
    for (const direction of ["uplinkFrames", "downlinkFrames"]) {
      const { received, lost, doubled, outOfOrder } = measured[direction];
      assert.ok(received > 100, `${direction} ${received}`);
      assert.deepEqual([lost, doubled, outOfOrder], [0, 0, 0]);
    }
    assert.ok(measured.uplinkMs.count >= 6, `${measured.uplinkMs.count}`);
    assert.ok(measured.uplinkMs.p50 > 0 && measured.uplinkMs.p50 < 500);
    assert.ok(measured.setup.p50 > 40, "an answer alone takes 40 ms");
    assert.equal(measured.server.workers.length, 2);
    assert.ok(measured.server.all > 0);
    assert.ok(measured.idleBytes > 1e6);
    assert.ok(measured.lateness.clockErrorMs < 5);
    assert.equal(verdicts.length, 1);
    assert.ok(machine.processors > 0);
    assert.equal(complete, true);
    const html = await Deno.readTextFile(`${out}/report.html`);
    assert.match(html, state === "rejected" ? /nothing to plot/ : /<svg/);
  });
});

Deno.test("browsers are measured as telephones are", async () => {
  await withFolder(async (out) => {
    const args = ["--line", "browser", "--calls", "3", "--shards", "1"];
    const { code, stderr } = await run([
      ...args,
      ...["--rate", "16000", "--seconds", "3", "--out", out],
    ]);
    assert.equal(code, 0, stderr);
    const [{ state, measured }] = (await readReport(out)).cells;
    assert.match(state, /^(met|failed|rejected)$/);
    assert.equal(measured.answered, 3);
    assert.deepEqual(measured.refused, {});
    assert.deepEqual(measured.endedEarly, {});
    assert.equal(measured.modelErrors, 0);
    for (const direction of ["uplinkFrames", "downlinkFrames"]) {
      const { received, lost, doubled, outOfOrder } = measured[direction];
      assert.ok(received > 100, `${direction} ${received}`);
      assert.deepEqual([lost, doubled, outOfOrder], [0, 0, 0]);
    }
  });
});

Deno.test("a capacity run that is asked for the impossible ends with 2 and one message", async () => {
  for (const args of [["--calls", "0"], ["--out", "/proc/nowhere"]]) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.doesNotMatch(stderr, /at file:/);
  }
});

Deno.test("a capacity run that is stopped ends its processes and writes what it has", async () => {
  await withFolder(async (out) => {
    const child = start(["--calls", "2", "--shards", "1", "--out", out]);
    const reading = child.stdout.cancel();
    let stopped = false;
    const lines = child.stderr.pipeThrough(new TextLineStream());
    for await (const line of lines) {
      if (stopped || !line.startsWith("1 shard(s), 2 calls")) continue;
      child.kill("SIGINT");
      stopped = true;
    }
    const { code } = await child.status;
    await reading;
    assert.equal(code, 130);
    const { complete, cells } = await readReport(out);
    assert.deepEqual([complete, cells], [false, []]);
  });
});
