import assert from "node:assert/strict";
import { startFlags } from "../../tools/start_flags.ts";

function denoJson(start: unknown): string {
  return JSON.stringify({ tasks: { start } });
}

Deno.test("the server's flags are all that stands between deno run and main.ts", () => {
  const task =
    "deno  run --v8-flags=--a=4 --allow-net --allow-ffi=/a,/b main.ts";
  assert.deepEqual(startFlags(denoJson(task)), [
    "--v8-flags=--a=4",
    "--allow-net",
    "--allow-ffi=/a,/b",
  ]);
  assert.deepEqual(startFlags(denoJson("deno run main.ts")), []);
});

for (
  const task of [
    undefined,
    7,
    "",
    "main.ts",
    "deno test main.ts",
    "deno run --allow-net",
    "deno run main.ts --verbose",
    "A=1 deno run main.ts",
  ]
) {
  Deno.test(`a start task like ${JSON.stringify(task)} is refused`, () => {
    assert.throws(() => startFlags(denoJson(task)), TypeError);
  });
}

Deno.test("the repository's start task names its permissions one by one", async () => {
  const url = new URL("../../deno.json", import.meta.url);
  const flags = startFlags(await Deno.readTextFile(url));
  assert.ok(flags.includes("--allow-net"), flags.join(" "));
  for (const flag of flags) {
    assert.match(flag, /^--(allow-[a-z]+|v8-flags|unstable-[a-z]+)(=|$)/);
    assert.notEqual(flag, "--allow-all");
  }
});
