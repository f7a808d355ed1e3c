import assert from "node:assert/strict";
import { CallerTranscript } from "../../src/model/caller_transcript.ts";

function open() {
  const said: unknown[] = [];
  const transcript = new CallerTranscript((text, turnsAgo) =>
    said.push([text, turnsAgo])
  );
  const turn = (itemId?: string) => {
    transcript.speechStarted(itemId);
    transcript.speechStopped(itemId);
  };
  return { transcript, said, turn };
}

Deno.test("words are told with how many turns ago their item was spoken", () => {
  const { transcript, said, turn } = open();
  turn("u1");
  turn("u2");
  transcript.speechStarted("u3");
  transcript.completed({ itemId: "u1", text: "one" });
  transcript.completed({ itemId: "u2", text: "two" });
  transcript.completed({ itemId: "u3", text: "three" });
  assert.deepEqual(said, [["one", 1], ["two", 0], ["three", -1]]);
});

for (const named of ["speechStarted", "speechStopped", "committed"] as const) {
  Deno.test(`an item that only ${named} names is known`, () => {
    const { transcript, said } = open();
    for (const id of ["u1", "u2"]) {
      for (
        const event of ["speechStarted", "speechStopped", "committed"] as const
      ) transcript[event](event === named ? id : undefined);
    }
    transcript.completed({ itemId: "u1", text: "one" });
    transcript.completed({ itemId: "u2", text: "two" });
    assert.deepEqual(said, [["one", 1], ["two", 0]]);
  });
}

Deno.test("words without an item, or of an unknown one, are told by their order alone", () => {
  const { transcript, said, turn } = open();
  turn();
  turn("u2");
  transcript.completed({ text: "none" });
  transcript.completed({ itemId: "u9", text: "unknown" });
  assert.deepEqual(said, [["none", undefined], ["unknown", undefined]]);
});

Deno.test("what began to come before the next turn belongs to the turn before", () => {
  const { transcript, said, turn } = open();
  turn();
  transcript.partial({ itemId: "u1", text: "on" });
  turn();
  transcript.partial({ itemId: "u1", text: "one" });
  transcript.partial({ itemId: "u2", text: "two" });
  transcript.flush();
  assert.deepEqual(said, [["one", 1], ["two", 0]]);
});

Deno.test("what comes while the caller speaks is told by its order", () => {
  const { transcript, said, turn } = open();
  turn();
  transcript.speechStarted(undefined);
  transcript.partial({ text: "one" });
  transcript.completed({ text: "One." });
  assert.deepEqual(said, [["One.", undefined]]);
});

Deno.test("only the newest items are remembered", () => {
  const { transcript, said, turn } = open();
  for (let n = 0; n < 20; n++) turn(`u${n}`);
  transcript.completed({ itemId: "u3", text: "three" });
  transcript.completed({ itemId: "u4", text: "four" });
  assert.deepEqual(said, [["three", undefined], ["four", 15]]);
});
