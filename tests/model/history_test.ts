import assert from "node:assert/strict";
import type { Utterance } from "../../src/shard/speech_model.ts";
import { makeModel, openRig } from "../support/model_rig.ts";
import { greet, startScriptedModel } from "../support/scripted_model.ts";

const HISTORY: readonly Utterance[] = [
  { role: "caller", text: "一二三" },
  { role: "assistant", text: "四五" },
  { role: "assistant", text: "六" },
  { role: "caller", text: "七八九" },
];

Deno.test("a new conversation is given the history before it takes anything else", async () => {
  await using rig = await openRig({ history: () => HISTORY });
  rig.model.appendAudio(Int16Array.of(1));
  const items = [];
  for (const _ of HISTORY) {
    items.push((await rig.sends("conversation.item.create")).item);
  }
  assert.deepEqual(items, [
    user("一二三"),
    assistant("四五"),
    assistant("六"),
    user("七八九"),
  ]);
  await rig.sends("input_audio_buffer.append");
});

Deno.test("the oldest is left out of a history that is longer than its budget", async () => {
  await using rig = await openRig({
    history: () => HISTORY,
    historyTokens: 4,
  });
  rig.model.appendAudio(Int16Array.of(1));
  for (const text of ["六", "七八九"]) {
    const { item } = await rig.sends("conversation.item.create");
    assert.match(JSON.stringify(item), new RegExp(text));
  }
  await rig.sends("input_audio_buffer.append");
});

Deno.test("an item of the history that is refused is a complaint, and the call goes on", async () => {
  await using rig = await openRig({ history: () => HISTORY });
  const message = "item.role must be user or assistant";
  rig.peer.send({ type: "error", error: { message, code: "400" } });
  await rig.hears(["complaint", { kind: "mistake", message }]);
  await rig.hearsNothing();
});

Deno.test("the history is asked for again when a conversation is lost, and texts come after it", async () => {
  const history: Utterance[] = [];
  await using rig = await openRig({ history: () => history });
  history.push({ role: "caller", text: "my name is Ada" });
  rig.peer.close();
  await rig.hears(["lost", "closed"]);
  rig.model.sendText("what was my name?");
  history.push({ role: "assistant", text: "Hello Ada" });
  const peer = await rig.server.accept();
  await greet(peer);
  await rig.hears(["regained", "stepfun", 1]);
  for (const text of ["my name is Ada", "Hello Ada", "what was my name?"]) {
    assert.match(await peer.nextText(), new RegExp(`"${text.slice(0, 10)}`));
  }
  assert.equal((await peer.next()).type, "response.create");
});

Deno.test("an assistant's message is an output_text for OpenAI", async () => {
  await using server = startScriptedModel();
  await using rig = makeModel({ openai: server.url }, {
    history: () => HISTORY.slice(1, 2),
    model: "gpt-realtime",
  });
  const opened = rig.model.open(new AbortController().signal);
  const peer = await server.accept();
  await greet(peer);
  await opened;
  assert.match(await peer.nextText(), /"output_text"/);
});

function user(text: string) {
  const content = [{ type: "input_text", text }];
  return { type: "message", role: "user", content };
}

function assistant(text: string) {
  const content = [{ type: "text", text }];
  return { type: "message", role: "assistant", content };
}
