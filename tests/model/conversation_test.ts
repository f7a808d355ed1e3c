import assert from "node:assert/strict";
import { ClientEvents } from "../../src/model/client_event.ts";
import { Conversation } from "../../src/model/conversation.ts";
import type { ServerEvent } from "../../src/model/server_event.ts";
import { SILENT_EVENTS } from "../../src/model/silent_events.ts";
import { stepFunProfile } from "../../src/model/stepfun_profile.ts";
import { printedRandom } from "../support/seeded_random.ts";

const profile = stepFunProfile("step-audio-2");
const STEPS = 200;

/** Keeps a conversation's word: starts and ends alternate, audio is between them. */
function start(random: () => number) {
  let running = false;
  let ended = false;
  let heard = 0;
  const alive = () => {
    assert.ok(!ended, "nothing is heard after the end");
    heard++;
  };
  const conversation = new Conversation({
    profile,
    encode: new ClientEvents(profile),
    send: () => assert.ok(!ended, "nothing is sent after the end"),
    fail: () => assert.fail("nothing here is fatal"),
    responseTimeoutMs: 60_000,
    settleTimeoutMs: 60_000,
    events: {
      ...SILENT_EVENTS,
      complaint: alive,
      responseStarted() {
        alive();
        assert.ok(!running, "a response starts when none runs");
        running = true;
        if (random() < 0.05) conversation.interrupt(random() * 500);
      },
      audio() {
        alive();
        assert.ok(running, "audio belongs to a response");
        if (random() < 0.05) conversation.interrupt(random() * 500);
      },
      assistantSaid() {
        alive();
        if (random() < 0.05) conversation.interrupt(random() * 500);
      },
      functionCalled({ id }) {
        alive();
        if (random() < 0.3) conversation.answerFunction(id, "at once");
        if (random() < 0.05) conversation.interrupt(0);
      },
      audioEnded() {
        alive();
        assert.ok(running, "speech ends within a response");
        if (random() < 0.05) conversation.interrupt(random() * 500);
      },
      responseEnded() {
        alive();
        assert.ok(running, "a response ends when one runs");
        running = false;
        if (random() < 0.1) conversation.sendText("from within");
        if (random() < 0.1) conversation.interrupt(0);
      },
    },
  });
  return {
    conversation,
    end() {
      conversation.end("failed");
      ended = true;
      assert.ok(!running, "the end ends the response");
      return heard;
    },
  };
}

function randomEvent(random: () => number): ServerEvent {
  const pick = (count: number) => Math.floor(random() * count);
  const responseId = [undefined, "a", "b", "c", "d"][pick(5)];
  const itemId = [undefined, "i", "j", "k"][pick(4)];
  const callId = [undefined, `c${pick(9)}`][pick(2)];
  const words = [undefined, "{}"][pick(2)];
  const errors = [
    "no ongoing response to cancel",
    "ongoing response already exists",
    "odd",
  ];
  const statuses = ["completed", "cancelled", "incomplete", "failed"] as const;
  const kinds: ServerEvent[] = [
    { type: "response_created", responseId },
    { type: "audio", responseId, itemId, samples: new Int16Array(240) },
    { type: "audio", responseId, samples: new Int16Array(pick(2)), oddByte: 1 },
    { type: "audio_done", responseId, itemId },
    { type: "spoken_partial", responseId, text: "word" },
    { type: "spoken", responseId, text: "word and more" },
    { type: "response_item", responseId, itemId },
    { type: "function_named", responseId, itemId, callId },
    { type: "function_piece", responseId, itemId, arguments: "{" },
    { type: "function_call", responseId, itemId, callId, arguments: words },
    { type: "function_item", responseId, itemId, callId, arguments: words },
    { type: "response_cancelled", responseId },
    { type: "response_done", responseId, status: statuses[pick(4)] },
    { type: "error", message: errors[pick(3)], errorType: "", code: "" },
  ];
  return kinds[pick(kinds.length)];
}

Deno.test("starts and ends alternate and audio is between them, for any events in any order", () => {
  const random = printedRandom("conversation");
  let heard = 0;
  for (let round = 0; round < 500; round++) {
    const { conversation, end } = start(random);
    for (let step = 0; step < STEPS; step++) {
      const choice = random();
      if (choice < 0.1) conversation.interrupt(random() * 500);
      else if (choice < 0.2) conversation.sendText("text");
      else conversation.receive(randomEvent(random));
    }
    heard += end();
    conversation.receive({ type: "response_created" });
    conversation.receive({ type: "audio", samples: new Int16Array(1) });
    conversation.sendText("late");
  }
  assert.ok(heard > 1000);
});
