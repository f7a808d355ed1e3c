import assert from "node:assert/strict";
import { renderWat, WAT_NAMES } from "../../tools/build_wat.ts";

const FOLDER = new URL("../../src/audio/", import.meta.url);

for (const name of WAT_NAMES) {
  Deno.test(`the checked-in ${name}_binary.ts is what ${name}.wat assembles to`, async () => {
    const committed = await Deno.readTextFile(
      new URL(`${name}_binary.ts`, FOLDER),
    );
    assert.equal(committed, await renderWat(name));
  });
}

Deno.test("every module in text under src/audio is built and checked", () => {
  const names = [...Deno.readDirSync(FOLDER)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".wat"));
  assert.deepEqual(names.sort(), WAT_NAMES.map((name) => `${name}.wat`).sort());
});
