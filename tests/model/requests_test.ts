import assert from "node:assert/strict";
import {
  type Heard,
  makeModel,
  type ModelRig,
  openRig,
  pcm,
} from "../support/model_rig.ts";
import { startScriptedModel } from "../support/scripted_model.ts";

const created = (id: string) => ({
  type: "response.created",
  response: { id },
});
const audio = { type: "response.audio.delta", delta: pcm(3) };
const done = (id: string) => ({
  type: "response.done",
  response: { id, status: "completed" },
});
const EXISTS = "ongoing response already exists";
const exists = { type: "error", error: { message: EXISTS } };
const RACE: Heard = ["complaint", { kind: "race", message: EXISTS }];
const call = (callId: unknown, name: unknown = "weather") => ({
  type: "response.function_call_arguments.done",
  call_id: callId,
  name,
  arguments: "{}",
});
const called = (id: string, name = "weather"): Heard => [
  "functionCalled",
  id,
  name,
  "{}",
];

/** What functions have returned goes to the model, and one answer is asked for. */
async function sendsResults(
  rig: ModelRig,
  results: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [callId, output] of Object.entries(results)) {
    const { item } = await rig.sends("conversation.item.create");
    const type = "function_call_output";
    assert.deepEqual(item, { type, call_id: callId, output });
  }
  await rig.sends("response.create");
}

Deno.test("sendText adds the text of the user and asks for a response", async () => {
  await using rig = await openRig();
  rig.model.sendText('say "hi"');
  const item = await rig.sends("conversation.item.create");
  assert.deepEqual(item.item, {
    type: "message",
    role: "user",
    content: [{ type: "input_text", text: 'say "hi"' }],
  });
  await rig.sends("response.create");
});

Deno.test("texts wait for the running response, one at a time, the oldest of nine is dropped", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  rig.peer.send(audio);
  await rig.hears(["responseStarted"], ["audio", [3]]);
  for (let n = 1; n <= 9; n++) rig.model.sendText(`text ${n}`);
  const message = "too many texts wait for the model, the oldest is dropped";
  await rig.hears(["complaint", { kind: "mistake", message }]);
  for (let n = 2; n <= 9; n++) {
    rig.peer.send(done(n === 2 ? "a" : `r${n - 1}`));
    const { item } = await rig.sends("conversation.item.create");
    assert.match(JSON.stringify(item), new RegExp(`"text ${n}"`));
    await rig.sends("response.create");
    rig.peer.send(created(`r${n}`));
    rig.peer.send(audio);
    await rig.hears(["responseEnded", "completed"]);
    await rig.hears(["responseStarted"], ["audio", [3]]);
  }
});

Deno.test("a text waits until an interrupted response is over at the peer", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  await rig.hears(["responseStarted"]);
  rig.model.interrupt(0);
  rig.model.sendText("next");
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("response.cancel", "input_audio_buffer.append");
  rig.peer.send({ type: "response.cancelled" });
  await rig.sends("conversation.item.create", "response.create");
});

Deno.test("a text does not wait for ever when an interrupted response never ends", async () => {
  await using rig = await openRig({ deadlines: { settleMs: 20 } });
  rig.peer.send(created("a"));
  await rig.hears(["responseStarted"]);
  rig.model.interrupt(0);
  rig.model.sendText("next");
  await rig.sends("response.cancel", "conversation.item.create");
});

Deno.test("a request that was refused is made once more, after the response", async () => {
  await using rig = await openRig();
  rig.model.sendText("hello");
  await rig.sends("conversation.item.create", "response.create");
  rig.peer.send(exists);
  await rig.hears([...RACE]);
  rig.peer.send(created("vad"));
  rig.peer.send(audio);
  await rig.hears(["responseStarted"], ["audio", [3]]);
  rig.peer.send(done("vad"));
  await rig.sends("response.create");
  rig.peer.send(exists);
  await rig.hears(["responseEnded", "completed"], [...RACE]);
  rig.peer.send(created("b"));
  rig.peer.send(audio);
  rig.peer.send(done("b"));
  await rig.hears(
    ["responseStarted"],
    ["audio", [3]],
    ["responseEnded", "completed"],
  );
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("input_audio_buffer.append");
});

Deno.test("a request that is refused while we know of no response is made again in a while", async () => {
  await using rig = await openRig();
  rig.model.sendText("hello");
  await rig.sends("conversation.item.create", "response.create");
  rig.peer.send(exists);
  await rig.hears(RACE);
  await rig.sends("response.create");
  rig.peer.send(created("a"));
  rig.peer.send(audio);
  rig.peer.send(done("a"));
  await rig.hears(
    ["responseStarted"],
    ["audio", [3]],
    ["responseEnded", "completed"],
  );
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("input_audio_buffer.append");
});

Deno.test("a request that crossed a response of the peer's own is made again after it", async () => {
  await using rig = await openRig();
  rig.model.sendText("keys");
  await rig.sends("conversation.item.create", "response.create");
  rig.peer.send(created("of its own"));
  rig.peer.send(exists);
  rig.peer.send(audio);
  await rig.hears(["responseStarted"], RACE, ["audio", [3]]);
  rig.peer.send(done("of its own"));
  await rig.hears(["responseEnded", "completed"]);
  await rig.sends("response.create");
  rig.peer.send(created("asked for"));
  rig.peer.send(audio);
  rig.peer.send(done("asked for"));
  await rig.hears(["responseStarted"], ["audio", [3]], [
    "responseEnded",
    "completed",
  ]);
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("input_audio_buffer.append");
});

Deno.test("a request that is never answered is complained of and the next text is sent", async () => {
  await using rig = await openRig({ deadlines: { responseMs: 20 } });
  rig.model.sendText("one");
  rig.model.sendText("two");
  await rig.sends("conversation.item.create", "response.create");
  const message = "no response within 20 ms of the request";
  await rig.hears(["complaint", { kind: "peer", message }]);
  const { item } = await rig.sends("conversation.item.create");
  assert.match(JSON.stringify(item), /"two"/);
});

Deno.test("a request that failed makes way for the next text", async () => {
  await using rig = await openRig();
  rig.model.sendText("one");
  rig.model.sendText("two");
  await rig.sends("conversation.item.create", "response.create");
  const message = "bad continue_final_message";
  rig.peer.send({ type: "error", error: { message } });
  await rig.hears(["complaint", { kind: "mistake", message }]);
  await rig.sends("conversation.item.create", "response.create");
});

Deno.test("what functions have returned is told after the response is done, once each, for one answer", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  rig.peer.send(call("c1"));
  rig.peer.send(call("c1"));
  rig.peer.send(call("c2"));
  await rig.hears(["responseStarted"], called("c1"), called("c2"));
  rig.model.answerFunction("c1", "sunny");
  rig.model.answerFunction("c2", "rain");
  rig.model.answerFunction("c3", "nobody asked");
  rig.model.sendText("later");
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("input_audio_buffer.append");
  rig.peer.send(done("a"));
  await sendsResults(rig, { c1: "sunny", c2: "rain" });
  await rig.hears(["responseEnded", "completed"]);
  rig.peer.send(created("b"));
  rig.peer.send(audio);
  rig.peer.send(done("b"));
  await rig.sends("conversation.item.create", "response.create");
});

for (const status of ["success", undefined]) {
  Deno.test(`a function of a response that ends as ${status} is answered`, async () => {
    await using rig = await openRig();
    rig.peer.send(created("a"));
    rig.peer.send(call("c1"));
    rig.peer.send({ type: "response.done", response: { id: "a", status } });
    await rig.hears(["responseStarted"], called("c1"));
    rig.model.answerFunction("c1", "sunny");
    await rig.hears(["responseEnded", "completed"]);
    await sendsResults(rig, { c1: "sunny" });
  });
}

Deno.test("a response that has called functions is answered when the slowest has returned", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  rig.peer.send(call("c1"));
  rig.peer.send(call("c2"));
  rig.peer.send(done("a"));
  await rig.hears(["responseStarted"], called("c1"), called("c2"));
  await rig.hears(["responseEnded", "completed"]);
  rig.model.answerFunction("c2", "rain");
  await rig.hearsNothing();
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("input_audio_buffer.append");
  rig.model.answerFunction("c1", "sunny");
  await sendsResults(rig, { c1: "sunny", c2: "rain" });
});

Deno.test("a caller who speaks while a function runs is answered first, and the result after that", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  rig.peer.send(call("c1"));
  rig.peer.send(done("a"));
  await rig.hears(["responseStarted"], called("c1"));
  await rig.hears(["responseEnded", "completed"]);
  rig.peer.send(created("b"));
  await rig.hears(["responseStarted"]);
  rig.model.answerFunction("c1", "sunny");
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("input_audio_buffer.append");
  rig.peer.send(audio);
  rig.peer.send(done("b"));
  await sendsResults(rig, { c1: "sunny" });
});

for (
  const [name, where, told] of [
    ["look_up", "item", "look_up"],
    ["look_up", "call", "look_up"],
    ["call +44 20 7946 0000", "call", "unnamed"],
    ["x".repeat(65), "item", "unnamed"],
    [7, "item", "unnamed"],
  ] as const
) {
  Deno.test(`a function is told as ${told} when its ${where} calls it ${name}`, async () => {
    await using rig = await openRig();
    rig.peer.send(created("a"));
    const item = { type: "function_call", call_id: "c1", name };
    if (where === "item") {
      rig.peer.send({ type: "response.output_item.added", item });
    }
    rig.peer.send(call("c1", where === "call" ? name : null));
    await rig.hears(["responseStarted"], called("c1", told));
    await rig.hearsNothing();
  });
}

Deno.test("a model that says something before each call is answered each time, and one that is interrupted too", async () => {
  await using rig = await openRig();
  for (let round = 1; round <= 8; round++) {
    const id = `c${round}`;
    rig.peer.send(created(`r${round}`));
    if (round % 2 === 0) rig.peer.send(audio);
    rig.peer.send(call(id));
    rig.peer.send(done(`r${round}`));
    await rig.hears(["responseStarted"]);
    if (round % 2 === 0) await rig.hears(["audio", [3]]);
    await rig.hears(called(id), ["responseEnded", "completed"]);
    assert.equal(rig.model.awaitsFunction, true);
    assert.equal(rig.model.answerFunction(id, "fog"), true);
    assert.equal(rig.model.answerFunction(id, "fog"), false);
    assert.equal(rig.model.awaitsFunction, false);
    await sendsResults(rig, { [id]: "fog" });
  }
});

Deno.test("a model that only calls functions is answered six times", async () => {
  await using rig = await openRig();
  for (let round = 1; round <= 7; round++) {
    const id = `c${round}`;
    rig.peer.send(created(`r${round}`));
    rig.peer.send(call(id));
    rig.peer.send(done(`r${round}`));
    await rig.hears(["responseStarted"], called(id));
    rig.model.answerFunction(id, "fog");
    if (round > 6) break;
    await rig.hears(["responseEnded", "completed"]);
    await sendsResults(rig, { [id]: "fog" });
  }
  const message = "it calls functions again and again without an answer";
  await rig.hears(["complaint", { kind: "peer", message }]);
  await rig.hears(["responseEnded", "completed"]);
  rig.model.appendAudio(Int16Array.of(1));
  await rig.sends("input_audio_buffer.append");
});

for (const returns of ["before", "after"]) {
  Deno.test(`a function call of an interrupted response that returns ${returns} its end is not answered`, async () => {
    await using rig = await openRig();
    rig.peer.send(created("a"));
    rig.peer.send(call("c1"));
    await rig.hears(["responseStarted"], called("c1"));
    if (returns === "before") rig.model.answerFunction("c1", "sunny");
    rig.model.interrupt(0);
    rig.peer.send(done("a"));
    await rig.hears(["responseEnded", "cancelled"]);
    if (returns === "after") rig.model.answerFunction("c1", "sunny");
    await rig.hearsNothing();
    rig.model.appendAudio(Int16Array.of(1));
    await rig.sends("response.cancel", "input_audio_buffer.append");
  });
}

Deno.test("a function call without an end breaks the protocol", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  rig.peer.send({ ...call("c1"), arguments: "x".repeat(16_385) });
  const message = "it sent a function call of 16385 characters";
  await rig.hears(["responseStarted"], ["complaint", {
    kind: "peer",
    message,
  }]);
});

Deno.test("texts that were given before open are sent after it, the newest eight", async () => {
  await using server = startScriptedModel();
  await using rig = makeModel(server.url);
  for (let n = 1; n <= 9; n++) rig.model.sendText(`text ${n}`);
  const opened = rig.model.open(new AbortController().signal);
  const peer = await server.accept();
  peer.send({ type: "session.created" });
  await peer.next();
  peer.send({ type: "session.updated" });
  await opened;
  const text = await peer.nextText();
  assert.match(text, /"role":"user".*"text 2"/);
});
