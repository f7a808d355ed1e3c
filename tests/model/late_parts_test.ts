import { type ModelRig, openRig } from "../support/model_rig.ts";
import {
  created,
  delta,
  done,
  SAMPLES,
  speak,
} from "../support/model_events.ts";

const spoken = (transcript: string, id?: string) => ({
  type: "response.audio_transcript.done",
  response_id: id,
  transcript,
});
const piece = (delta: string, id?: string) => ({
  type: "response.audio_transcript.delta",
  response_id: id,
  delta,
});
const saidAll = (id?: string) => ({
  type: "response.audio.done",
  response_id: id,
});

/** A response that is over, with some of its speech. */
async function speakWhole(rig: ModelRig, id?: string, status = "completed") {
  await speak(rig, id);
  rig.peer.send(done(id, status));
  await rig.hears(["responseEnded", status]);
}

for (const ids of [true, false]) {
  const id = (name: string) => ids ? name : undefined;
  const how = ids ? "with ids" : "without ids";

  Deno.test(`speech and words that come after the end are heard, ${how}`, async () => {
    await using rig = await openRig();
    await speakWhole(rig, id("a"));
    rig.peer.send(delta(id("a")));
    rig.peer.send(delta(id("a")));
    rig.peer.send(spoken("late words", id("a")));
    rig.peer.send(saidAll(id("a")));
    await rig.hears(
      ["responseStarted"],
      ["audio", SAMPLES],
      ["audioEnded"],
      ["audio", SAMPLES],
      ["audioEnded"],
      ["audioEnded"],
      ["assistantSaid", "late words"],
      ["responseEnded", "completed"],
    );
    await rig.hearsNothing();
    await speak(rig, id("b"));
    rig.peer.send(done(id("b")));
    await rig.hears(["responseEnded", "completed"]);
    await rig.hearsNothing();
  });

  Deno.test(`the next response ends what still comes of the one before, without a complaint, ${how}`, async () => {
    await using rig = await openRig();
    await speakWhole(rig, id("a"));
    rig.peer.send(delta(id("a")));
    await rig.hears(["responseStarted"], ["audio", SAMPLES], ["audioEnded"]);
    rig.peer.send(created(id("b")));
    if (ids) rig.peer.send(delta("a"));
    if (ids) rig.peer.send(spoken("too late", "a"));
    rig.peer.send(delta(id("b")));
    rig.peer.send(done(id("b")));
    await rig.hears(
      ["responseEnded", "completed"],
      ["responseStarted"],
      ["audio", SAMPLES],
      ["responseEnded", "completed"],
    );
    await rig.hearsNothing();
  });

  Deno.test(`after an interruption nothing is heard of a response that was over, ${how}`, async () => {
    await using rig = await openRig();
    await speakWhole(rig, id("a"));
    rig.model.interrupt(0);
    rig.peer.send(delta(id("a")));
    rig.peer.send(spoken("dropped", id("a")));
    rig.peer.send(saidAll(id("a")));
    await rig.hearsNothing();
    rig.model.sendText("marker");
    await rig.sends("conversation.item.truncate", "conversation.item.create");
  });

  Deno.test(`what still comes after the end can be interrupted, without a cancel, ${how}`, async () => {
    await using rig = await openRig();
    await speakWhole(rig, id("a"));
    rig.peer.send(delta(id("a")));
    await rig.hears(["responseStarted"], ["audio", SAMPLES], ["audioEnded"]);
    rig.model.interrupt(0);
    await rig.hears(["responseEnded", "cancelled"]);
    rig.peer.send(delta(id("a")));
    rig.peer.send(spoken("dropped", id("a")));
    await rig.hearsNothing();
    rig.model.sendText("nobody waits for an end");
    await rig.sends(
      "conversation.item.truncate",
      "conversation.item.create",
      "response.create",
    );
  });
}

Deno.test("words alone that come after the end are told, and begin nothing", async () => {
  await using rig = await openRig();
  await speakWhole(rig, "a");
  rig.peer.send(piece("late ", "a"));
  rig.peer.send(piece("words", "a"));
  await rig.hearsNothing();
  rig.peer.send(spoken("late words", "a"));
  await rig.hears(["assistantSaid", "late words"]);
  rig.peer.send(spoken("", "a"));
  await rig.hearsNothing();
});

Deno.test("of words that come in part before and in part after the end each is told once", async () => {
  await using rig = await openRig();
  await speak(rig, "a");
  rig.peer.send(piece("Good ", "a"));
  rig.peer.send(done("a"));
  await rig.hears(["assistantSaid", "Good "], ["responseEnded", "completed"]);
  rig.peer.send(piece("day", "a"));
  rig.peer.send(created("b"));
  await rig.hears(["assistantSaid", "day"], ["responseStarted"]);
  rig.peer.send(done("b"));
  await rig.heard.next();
  await rig.hears(["responseEnded", "completed"]);
  rig.peer.send(spoken("Good day", "a"));
  await rig.hearsNothing();
});

for (const status of ["cancelled", "incomplete", "failed"]) {
  Deno.test(`nothing is heard of a response that ended as ${status}`, async () => {
    await using rig = await openRig();
    await speak(rig, "a");
    rig.peer.send(done("a", status));
    let [name] = await rig.heard.next();
    while (name !== "responseEnded") [name] = await rig.heard.next();
    rig.peer.send(delta("a"));
    rig.peer.send(spoken("dropped", "a"));
    await rig.hearsNothing();
  });
}

Deno.test("a function that is called after the end is not called", async () => {
  await using rig = await openRig();
  await speakWhole(rig, "a");
  for (const response_id of ["a", undefined]) {
    const type = "response.function_call_arguments.done";
    rig.peer.send({ type, response_id, call_id: "c", arguments: "{}" });
  }
  await rig.hearsNothing();
});

Deno.test("what comes after the end is over after a while, and may go on again", async () => {
  await using rig = await openRig({ deadlines: { settleMs: 20 } });
  await speakWhole(rig, "a");
  for (let n = 0; n < 2; n++) {
    rig.peer.send(delta("a"));
    await rig.hears(
      ["responseStarted"],
      ["audio", SAMPLES],
      ["audioEnded"],
      ["responseEnded", "completed"],
    );
  }
});

Deno.test("a text does not wait for what comes after the end", async () => {
  await using rig = await openRig();
  await speakWhole(rig, "a");
  rig.peer.send(delta("a"));
  await rig.hears(["responseStarted"], ["audio", SAMPLES], ["audioEnded"]);
  rig.model.sendText("at once");
  await rig.sends("conversation.item.create", "response.create");
  rig.peer.send(delta("a"));
  rig.peer.send({
    type: "error",
    error: { message: "ongoing response already exists" },
  });
  await rig.hears(["audio", SAMPLES], ["audioEnded"]);
  await rig.heard.next();
  await rig.sends("response.create");
});

Deno.test("a sample that the end cuts in two is heard", async () => {
  await using rig = await openRig();
  const cut = (...bytes: number[]) => ({
    ...delta("a"),
    delta: Uint8Array.from(bytes).toBase64(),
  });
  rig.peer.send(created("a"));
  rig.peer.send(cut(1, 0, 2));
  await rig.hears(["responseStarted"]);
  await rig.heard.next();
  await rig.hears(["audio", [1]]);
  rig.peer.send(done("a"));
  rig.peer.send(cut(0, 3, 0));
  await rig.hears(
    ["responseEnded", "completed"],
    ["responseStarted"],
    ["audio", [2, 3]],
  );
});

Deno.test("what was heard of a response before and after its end is one", async () => {
  await using rig = await openRig();
  const ms = (n: number) => ({
    ...delta("a", "i"),
    delta: new Uint8Array(48 * n).toBase64(),
  });
  rig.peer.send(created("a"));
  rig.peer.send(ms(100));
  rig.peer.send(done("a"));
  rig.peer.send(ms(50));
  let [name] = await rig.heard.next();
  while (name !== "audioEnded") [name] = await rig.heard.next();
  rig.model.interrupt(20);
  const sent = await rig.sends("conversation.item.truncate");
  if (sent.audio_end_ms !== 120) throw new Error(JSON.stringify(sent));
});

Deno.test("a connection that is lost while something comes after the end owes nothing", async () => {
  await using rig = await openRig();
  await speakWhole(rig, "a");
  rig.peer.send(delta("a"));
  await rig.hears(["responseStarted"], ["audio", SAMPLES], ["audioEnded"]);
  rig.peer.close(1011);
  await rig.hears(["responseEnded", "completed"], ["lost", "closed"]);
});
