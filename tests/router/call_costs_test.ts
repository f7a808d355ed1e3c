import assert from "node:assert/strict";
import { priceUsage, sumOf } from "../../src/router/call_costs.ts";

const PLAN = {
  stepfun: {
    audioInPerSecondCny: 0.005,
    audioOutPerSecondCny: 0.003,
    tokensInPerMillionCny: 2,
    tokensOutPerMillionCny: 2,
  },
};
const USAGE = {
  supplier: "stepfun",
  uplinkMs: 180_000,
  downlinkMs: 180_000,
  inputTokens: 300,
  outputTokens: 200,
};

Deno.test("the deployment plan's call of three minutes costs what it says there", () => {
  const costs = priceUsage([USAGE], PLAN);
  assert.deepEqual(costs.map(({ kind, cny }) => [kind, cny.toFixed(4)]), [
    ["audio_in", "0.9000"],
    ["audio_out", "0.5400"],
    ["tokens_in", "0.0006"],
    ["tokens_out", "0.0004"],
  ]);
  assert.equal(sumOf(costs).toFixed(3), "1.441");
});

Deno.test("what has no price and what was not used costs nothing", () => {
  const qwen = { ...USAGE, supplier: "qwen" };
  const odd = { ...USAGE, supplier: "constructor" };
  assert.deepEqual(priceUsage([qwen, odd], PLAN), []);
  const idle = { ...USAGE, uplinkMs: 0, downlinkMs: 0, outputTokens: 0 };
  assert.deepEqual(priceUsage([idle], PLAN).map(({ kind }) => kind), [
    "tokens_in",
  ]);
});
