import assert from "node:assert/strict";
import type { TranscriptChange } from "../../src/shard/protocol.ts";
import type { Utterance } from "../../src/shard/speech_model.ts";
import { Transcript } from "../../src/shard/transcript.ts";

/** A transcript, and what somebody has who follows its changes. */
function open(history: Utterance[] = []) {
  const copy = [...history];
  const follow = ({ change, index, utterance }: TranscriptChange) =>
    copy.splice(index, change === "insert" ? 0 : 1, utterance);
  const transcript = new Transcript(history, follow);
  const texts = () => {
    assert.deepEqual(copy.filter(({ text }) => text !== ""), [
      ...transcript.utterances,
    ]);
    return transcript.utterances.map(({ text }) => text);
  };
  return { transcript, texts };
}

function turn({ transcript }: ReturnType<typeof open>, answer?: string): void {
  transcript.turnBegan();
  transcript.turnEnded();
  if (answer === undefined) return;
  transcript.answerBegan();
  transcript.assistantSaid(answer, 0);
}

Deno.test("words that come after the answer to them stand before it", () => {
  const rig = open();
  turn(rig, "r1");
  rig.transcript.callerSaid("words 1");
  rig.transcript.turnBegan();
  rig.transcript.callerSaid("words 2");
  assert.deepEqual(rig.texts(), ["words 1", "r1", "words 2"]);
});

for (const order of ["one after the other", "the other way round"]) {
  Deno.test(`the words of two turns that come after both answers stand where they belong, ${order}`, () => {
    const rig = open([{ role: "assistant", text: "greeting" }]);
    turn(rig, "r1");
    turn(rig, "r2");
    const late = [
      () => rig.transcript.callerSaid("words 1", 1),
      () => rig.transcript.callerSaid("words 2", 0),
    ];
    if (order !== "one after the other") late.reverse();
    for (const tell of late) tell();
    assert.deepEqual(rig.texts(), [
      "greeting",
      "words 1",
      "r1",
      "words 2",
      "r2",
    ]);
  });
}

Deno.test("turns without an answer between them keep their order", () => {
  const rig = open();
  turn(rig);
  turn(rig);
  turn(rig, "r");
  rig.transcript.callerSaid("third", 0);
  rig.transcript.callerSaid("first", 2);
  rig.transcript.callerSaid("second", 1);
  rig.transcript.callerSaid("first, again", 2);
  assert.deepEqual(rig.texts(), [
    "first",
    "first, again",
    "second",
    "third",
    "r",
  ]);
});

Deno.test("words of a turn that goes on stand at the end, those of the one before it where it was", () => {
  const rig = open();
  turn(rig, "r1");
  rig.transcript.turnBegan();
  rig.transcript.callerSaid("words 2", -1);
  rig.transcript.callerSaid("words 1", 0);
  assert.deepEqual(rig.texts(), ["words 1", "r1", "words 2"]);
});

Deno.test("words of a turn of which nothing is known stand at the end, those of one that is forgotten nowhere later than the oldest known", () => {
  const rig = open([{ role: "assistant", text: "before" }]);
  rig.transcript.callerSaid("unknown", 0);
  for (let n = 0; n < 40; n++) turn(rig, `r${n}`);
  rig.transcript.callerSaid("forgotten", 39);
  const texts = rig.texts();
  assert.deepEqual(texts.slice(0, 2), ["before", "unknown"]);
  assert.equal(texts[texts.indexOf("forgotten") + 1], "r24");
});

Deno.test("an answer that is cut short is the same one when words came before it", () => {
  const rig = open();
  turn(rig, "r1");
  turn(rig, "12345678");
  rig.transcript.callerSaid("words 2", 0);
  rig.transcript.callerSaid("words 1", 1);
  rig.transcript.cutShort(0.5);
  assert.deepEqual(rig.texts(), ["words 1", "r1", "words 2", "1234……"]);
});
