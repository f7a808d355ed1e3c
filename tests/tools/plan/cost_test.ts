import assert from "node:assert/strict";
import { findCosts } from "../../../tools/plan/cost.ts";
import { readOptions } from "../../../tools/plan/options.ts";

function costs(...args: string[]) {
  return findCosts(readOptions(args)!);
}

Deno.test("the deployment plan's bill comes out when its way to count is used", () => {
  const [whole] = costs("--calls-per-day", "10000", "--minutes", "3");
  assert.equal(whole.prices, "deployment plan");
  assert.equal(Math.round(whole.audioInCny), 270_000);
  assert.equal(Math.round(whole.audioOutCny), 162_000);
  assert.equal(Math.round(whole.tokensCny), 300);
  assert.equal(Math.round(whole.monthCny), 432_300);
  assert.equal(Math.round(whole.monthUsd / 1000), 60);
});

Deno.test("only the shares are billed when the model speaks a part of the call", () => {
  const [, shared] = costs("--talk", "0.25", "--listen", "0.5");
  assert.equal(Math.round(shared.audioInCny), 135_000);
  assert.equal(Math.round(shared.audioOutCny), 40_500);
});

Deno.test("the price list's bill grows with the turns when the conversation is read again", () => {
  const bill = (turns: string) =>
    costs("--turns", turns).filter(({ prices }) => prices === "price list");
  const [once, again] = bill("10");
  // 180 s of 12.5 tokens heard and 90 s of 25 spoken: 2250 each.
  assert.equal(Math.round(once.monthCny), 300_000 * 2250 * 80 / 1e6);
  // A turn k of ten reads what k - 1 turns of 450 tokens left.
  assert.equal(
    Math.round(again.monthCny - once.monthCny),
    300_000 * 45 * 450 * 10 / 1e6,
  );
  const [single, same] = bill("1");
  assert.equal(single.monthCny, same.monthCny);
});

Deno.test("an own table of prices gives rows of its own", () => {
  const own = {
    qwen: {
      audioInPerSecondCny: 0.001,
      audioOutPerSecondCny: 0,
      tokensInPerMillionCny: 0,
      tokensOutPerMillionCny: 0,
    },
  };
  const rows = findCosts(readOptions([])!, own);
  const qwen = rows.filter(({ supplier }) => supplier === "qwen");
  assert.equal(qwen.length, 2);
  assert.equal(Math.round(qwen[0].monthCny), 54_000);
  assert.equal(qwen[0].prices, "own");
});
