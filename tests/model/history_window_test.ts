import assert from "node:assert/strict";
import {
  estimateTokens,
  newestWithin,
} from "../../src/model/history_window.ts";
import type { Utterance } from "../../src/shard/speech_model.ts";

for (
  const [text, tokens] of [
    ["", 0],
    ["abcd", 1],
    ["café au lait", 3],
    ["你好", 2],
    ["你好，world", 4.25],
    ["こんにちは", 5],
    ["😀", 1],
  ] as const
) {
  Deno.test(`${JSON.stringify(text)} is about ${tokens} tokens`, () => {
    assert.equal(estimateTokens(text), tokens);
  });
}

const HISTORY: readonly Utterance[] = [
  { role: "caller", text: "一二三四" },
  { role: "caller", text: "  " },
  { role: "assistant", text: "五六" },
  { role: "assistant", text: "七八九" },
];

for (
  const [mostTokens, texts] of [
    [0, []],
    [2, []],
    [3, ["七八九"]],
    [4, ["七八九"]],
    [5, ["五六", "七八九"]],
    [9, ["一二三四", "五六", "七八九"]],
  ] as const
) {
  Deno.test(`the newest utterances are kept, without empty ones, when ${mostTokens} tokens are left`, () => {
    const kept = newestWithin(HISTORY, mostTokens);
    assert.deepEqual(kept.map(({ text }) => text), texts);
  });
}

Deno.test("an older utterance is not taken in the place of one that is too long", () => {
  const history: Utterance[] = [
    { role: "caller", text: "一" },
    { role: "assistant", text: "二三四五六" },
    { role: "caller", text: "七" },
  ];
  assert.deepEqual(newestWithin(history, 3), [history[2]]);
});
