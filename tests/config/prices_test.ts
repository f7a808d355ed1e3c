import assert from "node:assert/strict";
import { KEY, load, problemsOf } from "../support/config_sources.ts";

const ENVIRONMENT = { ...KEY, PRICES_FILE: "prices.json" };

Deno.test("without a file the deployment plan's prices apply", () => {
  const { prices } = load(KEY);
  assert.equal(prices.stepfun.audioInPerSecondCny, 0.005);
  assert.equal(prices.stepfun.audioOutPerSecondCny, 0.003);
});

Deno.test("a price that is left out is 0, and a supplier that is left out has none", () => {
  const text = '{ "qwen": { "tokensInPerMillionCny": 10 } }';
  const { prices } = load(ENVIRONMENT, { "prices.json": text });
  assert.deepEqual(prices, {
    qwen: {
      audioInPerSecondCny: 0,
      audioOutPerSecondCny: 0,
      tokensInPerMillionCny: 10,
      tokensOutPerMillionCny: 0,
    },
  });
});

for (
  const [what, text] of [
    ["no JSON", "{"],
    ["a list", "[]"],
    ["a price below 0", '{ "stepfun": { "audioInPerSecondCny": -1 } }'],
    ["a price that is text", '{ "stepfun": { "audioInPerSecondCny": "1" } }'],
    ["an unknown price", '{ "stepfun": { "perCall": 1 } }'],
    ["an unknown supplier", '{ "acme": {} }'],
  ]
) {
  Deno.test(`a price table with ${what} is one mistake, which says where`, () => {
    const problems = problemsOf(ENVIRONMENT, { "prices.json": text });
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0], /^PRICES_FILE/);
  });
}
