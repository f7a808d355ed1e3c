import assert from "node:assert/strict";

type Stub = {
  readonly ok: string;
  readonly demo: string;
  /** Nothing can be installed without it. */
  readonly aptGet?: string;
};

/** Runs a copy of `.ci/run` in a directory of its own, with a stub of npx first on its path. */
async function run(stub: Stub) {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/.ci`);
    await Deno.mkdir(`${root}/bin`);
    await Deno.copyFile(
      new URL("../.ci/run", import.meta.url),
      `${root}/.ci/run`,
    );
    await Deno.writeTextFile(`${root}/bin/npx`, npx(stub), { mode: 0o755 });
    const aptGet = `#!/bin/sh\n${stub.aptGet ?? "exit 1"}\n`;
    await Deno.writeTextFile(`${root}/bin/apt-get`, aptGet, { mode: 0o755 });
    const { code, stdout } = await new Deno.Command("bash", {
      args: [`${root}/.ci/run`],
      cwd: "/",
      env: {
        PATH: `${root}/bin:${Deno.env.get("PATH")}`,
        REQUIRE_TOOLS: "",
      },
    }).output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    return { code, lines, last: lines.at(-1) };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function npx(stub: Stub): string {
  return `#!/usr/bin/env bash
if read -r line; then echo "there is standard input"; exit 9; fi
[ "$CI" = true ] || exit 8
case "$*" in
  "-y deno@2.9.6 task ok") ${stub.ok} ;;
  "-y deno@2.9.6 task demo") ${stub.demo} ;;
  *) echo "unexpected: $*"; exit 7 ;;
esac
`;
}

const GREEN = 'echo "ok | 12 passed | 0 failed (3s)"';

Deno.test(".ci/run counts the tests and the demo when all is well", async () => {
  const { code, last } = await run({ ok: GREEN, demo: "echo heard it" });
  assert.deepEqual([code, last], [0, "13 passed, 0 failed"]);
});

Deno.test(".ci/run adds up several closing lines with steps, ignored and filtered tests", async () => {
  const second =
    'echo "ok | 2 passed (5 steps) | 0 failed | 1 ignored | 3 filtered out (90ms)"';
  const { last } = await run({ ok: `${GREEN}; ${second}`, demo: "true" });
  assert.equal(last, "15 passed, 0 failed");
});

Deno.test(".ci/run fails and shows the output when a test fails", async () => {
  const ok =
    'echo "x => ./x_test.ts"; echo "FAILED | 10 passed | 2 failed (1s)"; exit 1';
  const { code, last, lines } = await run({ ok, demo: "true" });
  assert.deepEqual([code, last], [1, "11 passed, 2 failed"]);
  assert.ok(lines.includes("x => ./x_test.ts"));
});

Deno.test(".ci/run fails when the checks fail before any test", async () => {
  const { code, last } = await run({
    ok: "echo error: Found 1 not formatted file >&2; exit 1",
    demo: "true",
  });
  assert.deepEqual([code, last], [1, "1 passed, 1 failed"]);
});

Deno.test(".ci/run fails when every test passes and the task fails all the same", async () => {
  const { code, last } = await run({ ok: `${GREEN}; exit 1`, demo: "true" });
  assert.deepEqual([code, last], [1, "13 passed, 1 failed"]);
});

Deno.test(".ci/run fails when no test ran", async () => {
  const { code, last } = await run({ ok: "true", demo: "true" });
  assert.deepEqual([code, last], [1, "1 passed, 1 failed"]);
});

Deno.test(".ci/run fails when the demo fails, and counts the tests", async () => {
  const { code, last } = await run({ ok: GREEN, demo: "exit 3" });
  assert.deepEqual([code, last], [1, "12 passed, 1 failed"]);
});

for (const isRoot of [true, false]) {
  Deno.test(`.ci/run ${isRoot ? "requires" : "does not require"} the deployment's programs when they ${isRoot ? "could" : "could not"} be installed`, async () => {
    // Whoever is not root installs nothing.
    const installs = isRoot && Deno.uid() === 0;
    const ok = `echo "required: \${REQUIRE_TOOLS:-no}"; ${GREEN}`;
    const aptGet = installs ? "exit 0" : "exit 1";
    const { lines } = await run({ ok, demo: "true", aptGet });
    assert.ok(lines.includes(installs ? "required: 1" : "required: no"));
  });
}
