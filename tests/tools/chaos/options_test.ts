import assert from "node:assert/strict";
import { readOptions, USAGE } from "../../../tools/chaos/options.ts";
import { SCENARIOS } from "../../../tools/chaos/scenarios.ts";

Deno.test("all scenarios run in their own size unless something is chosen", () => {
  const options = readOptions([])!;
  assert.deepEqual(options.scenarios, SCENARIOS);
  assert.deepEqual(options.size, {});
  assert.equal(options.faults, 1000);
  assert.equal(options.out, "out/chaos");
  assert.ok(Number.isInteger(options.seed));
});

Deno.test("what is chosen is taken", () => {
  const args =
    "--scenario storm --scenario rolling --calls 5 --nodes 2 --seconds 9 --seed 0 --faults 3";
  const { scenarios, size, seed, faults } = readOptions(args.split(" "))!;
  assert.deepEqual(scenarios.map(({ name }) => name), ["storm", "rolling"]);
  assert.deepEqual(size, { calls: 5, nodes: 2, seconds: 9 });
  assert.deepEqual([seed, faults], [0, 3]);
});

Deno.test("what cannot be used is refused with what is allowed", () => {
  const refuse = (text: string, message: RegExp) =>
    assert.throws(() => readOptions(text.split(" ")), message);
  refuse("--scenario earthquake", /one of model-cut, .*storm, got "earth/);
  refuse("--calls 0", /--calls must be a whole number from 1 to 2000/);
  refuse("--nodes 1.5", /--nodes/);
  refuse("--seconds -1", /--seconds|ambiguous/);
  refuse("--seed x", /--seed/);
  refuse("--what", /--what/);
});

Deno.test("the help names every scenario", () => {
  assert.equal(readOptions(["--help"]), undefined);
  for (const { name } of SCENARIOS) assert.ok(USAGE.includes(`  ${name} `));
});
