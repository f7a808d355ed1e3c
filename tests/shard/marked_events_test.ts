import assert from "node:assert/strict";
import { allocateWorkMark, WorkMark } from "../../src/ring/work_mark.ts";
import { markEvents } from "../../src/shard/marked_events.ts";
import type { SpeechModelEvents } from "../../src/shard/speech_model.ts";

const SERIAL = 7;

function open(speechStarted: () => void) {
  const mark = new WorkMark(allocateWorkMark());
  const events = { speechStarted } as SpeechModelEvents;
  const failures: unknown[] = [];
  const marked = markEvents(events, {
    mark,
    serial: SERIAL,
    failed: (error) => failures.push(error),
  });
  return { mark, marked, failures };
}

Deno.test("a notice of the model is heard under its call's mark, and nobody's work is marked afterwards", () => {
  let during: number | undefined;
  const { mark, marked } = open(() => during = mark.current);
  marked.speechStarted();
  assert.deepEqual([during, mark.current], [SERIAL, undefined]);
});

Deno.test("work within which the model gives notice stays marked afterwards", () => {
  const { mark, marked } = open(() => {});
  mark.begin(SERIAL);
  marked.speechStarted();
  assert.equal(mark.current, SERIAL);
  mark.end();
  assert.equal(mark.current, undefined);
});

Deno.test("a notice that cannot be heard is told as its call's failure", () => {
  const error = new Error("a fault of ours");
  const { mark, marked, failures } = open(() => {
    throw error;
  });
  marked.speechStarted();
  assert.deepEqual(failures, [error]);
  assert.equal(mark.current, undefined);
});
