import assert from "node:assert/strict";
import { openRig, pcm } from "../support/model_rig.ts";

const complaint = (message: string) =>
  ["complaint", { kind: "peer", message }] as ["complaint", unknown];
const delta = (value: unknown) =>
  JSON.stringify({ type: "response.audio.delta", delta: value });
const BIG = delta("A".repeat(4 * 1024 * 1024));

for (
  const [name, frame, message] of [
    ["broken JSON", "{", "it sent a frame that is not JSON"],
    ["an empty frame", "", "it sent a frame that is not JSON"],
    ["an array", "[1]", "it sent a frame that is not an object"],
    ["null", "null", "it sent a frame that is not an object"],
    ["deep nesting", "[".repeat(1e6), "it sent a frame that is not JSON"],
    ["no type", "{}", "it sent an untyped event"],
    ["a numeric type", '{"type":1}', "it sent an untyped event"],
    ["bytes", new Uint8Array(3), "it sent a binary frame"],
    ["a huge frame", BIG, `it sent a frame of ${BIG.length} characters`],
    ["audio as a number", delta(1), "it sent an audio delta that is not text"],
    ["bad base64", delta("###"), "it sent audio that is not base64"],
  ] as const
) {
  Deno.test(`${name} is complained of and the session goes on`, async () => {
    await using rig = await openRig();
    rig.peer.send(frame);
    await rig.hears(complaint(message));
    await rig.hearsNothing();
  });
}

Deno.test("null where there should be something is survived", async () => {
  await using rig = await openRig();
  for (
    const type of [
      "response.created",
      "response.output_item.added",
      "response.audio.delta",
      "response.audio_transcript.delta",
      "response.audio_transcript.done",
      "response.text.delta",
      "response.text.done",
      "conversation.item.input_audio_transcription.delta",
      "conversation.item.input_audio_transcription.completed",
    ]
  ) {
    const n = null;
    rig.peer.send({
      type,
      response: n,
      response_id: n,
      item: n,
      item_id: n,
      delta: n,
      text: n,
      transcript: n,
    });
  }
  rig.peer.send({ type: "response.audio.delta", delta: pcm(4) });
  rig.peer.send({ type: "response.done", response: null });
  await rig.hears(
    ["responseStarted"],
    ["audio", [4]],
    ["responseEnded", "completed"],
  );
  await rig.hearsNothing();
});

Deno.test("an unknown type is complained of once, printable and short, at most 32 of them", async () => {
  await using rig = await openRig();
  rig.peer.send({ type: "new\u0007thing" });
  rig.peer.send({ type: "new\u0007thing" });
  await rig.hears(complaint("an event of an unknown type: new thing"));
  rig.peer.send({ type: "x".repeat(5000) });
  const [, long] = await rig.heard.next();
  assert.ok(JSON.stringify(long).length < 300);
  for (let n = 0; n < 100; n++) rig.peer.send({ type: `odd ${n}` });
  for (let n = 0; n < 30; n++) {
    await rig.hears(complaint(`an event of an unknown type: odd ${n}`));
  }
  await rig.hearsNothing();
});

Deno.test("nineteen violations in a row are survived, twenty end the session", async () => {
  await using rig = await openRig();
  for (let n = 0; n < 19; n++) rig.peer.send("{");
  for (let n = 0; n < 19; n++) {
    await rig.hears(complaint("it sent a frame that is not JSON"));
  }
  await rig.hearsNothing();
  for (let n = 0; n < 20; n++) rig.peer.send("{");
  await rig.hears(complaint("it sent a frame that is not JSON"));
  await rig.hears(["lost", "protocol"]);
  await rig.peer.closed;
  assert.equal(rig.heard.length, 0);
});

Deno.test("violations are reported twenty times a minute", async () => {
  let nowMs = 0;
  await using rig = await openRig({ nowMs: () => nowMs });
  const good = { type: "input_audio_buffer.committed" };
  for (let n = 0; n < 30; n++) {
    rig.peer.send("{");
    rig.peer.send(good);
  }
  for (let n = 0; n < 20; n++) {
    await rig.hears(complaint("it sent a frame that is not JSON"));
  }
  await rig.hearsNothing();
  nowMs = 60_000;
  rig.peer.send("{");
  await rig.hears(complaint("it sent a frame that is not JSON"));
});

for (
  const [error, kind] of [
    [{ message: "invalid event format", code: "400" }, "mistake"],
    [{ message: "commit when server vad" }, "mistake"],
    [{ message: "item.role must be user or assistant" }, "mistake"],
    [{ message: "voice x is not valid", code: "400" }, "mistake"],
    [{ message: "whatever" }, "mistake"],
    [{ message: "slow down", code: "429" }, "peer"],
    [{ message: "unseemly", code: "451" }, "peer"],
    [{ message: "inner", code: 500 }, "peer"],
  ] as const
) {
  Deno.test(`the error ${JSON.stringify(error)} is a complaint of kind ${kind}`, async () => {
    await using rig = await openRig();
    rig.peer.send({ type: "error", error });
    await rig.hears(["complaint", { kind, message: error.message }]);
    await rig.hearsNothing();
  });
}

for (
  const [error, kind] of [
    [{ message: "x", type: "invalid_api_key" }, "unauthorized"],
    [{ message: "x", code: 401 }, "unauthorized"],
    [{ message: "You exceeded your current quota" }, "payment"],
    [{ message: "x", code: "402" }, "payment"],
  ] as const
) {
  Deno.test(`the error ${JSON.stringify(error)} ends the session as ${kind}`, async () => {
    await using rig = await openRig();
    rig.peer.send({ type: "error", error });
    await rig.hears(["lost", kind]);
    await rig.peer.closed;
    assert.equal(rig.heard.length, 0);
  });
}

Deno.test("an error without words is a complaint", async () => {
  await using rig = await openRig();
  rig.peer.send({ type: "error" });
  await rig.hears(["complaint", { kind: "mistake", message: "no message" }]);
});
