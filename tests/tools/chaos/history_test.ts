import assert from "node:assert/strict";
import {
  forgetful,
  holdsInOrder,
  wholeAnswers,
} from "../../../tools/chaos/history.ts";
import type { SessionFacts } from "../../../tools/chaos/wire.ts";

function session(
  persona: string,
  { given = [], said = [] }: {
    given?: string[];
    said?: SessionFacts["said"];
  },
): SessionFacts {
  return { index: 0, persona, ended: true, given, said };
}

const HELLO = { text: "hello", whole: true, atMs: 10 };
const HALF = { text: "hal", whole: false, atMs: 20 };
const LATE = { text: "late", whole: true, atMs: 900 };

Deno.test("answers that were cut short or came later are not looked for", () => {
  const sessions = [session("a", { said: [HELLO, HALF, LATE] })];
  assert.deepEqual(wholeAnswers(sessions, 500), ["hello"]);
});

Deno.test("a list holds others in their order, with more between them or not", () => {
  assert.ok(holdsInOrder(["a", "x", "b"], ["a", "b"]));
  assert.ok(holdsInOrder([], []));
  assert.ok(!holdsInOrder(["b", "a"], ["a", "b"]));
  assert.ok(!holdsInOrder(["a"], ["a", "a"]));
});

Deno.test("a session that was not given an earlier answer is forgetful", () => {
  const before = session("a", { said: [HELLO, LATE] });
  const good = session("a", { given: ["hello"] });
  const bad = session("a", { given: ["something"] });
  const alone = session("b", { said: [HELLO] });
  assert.equal(forgetful([before, good, alone], 500), 0);
  assert.equal(forgetful([before, good], 1000), 1);
  assert.equal(forgetful([before, bad, alone], 500), 1);
});
