import assert from "node:assert/strict";
import { openRig, pcm } from "../support/model_rig.ts";
import {
  cancelled,
  created,
  delta,
  done,
  SAMPLES,
  speak,
} from "../support/model_events.ts";

for (const ids of [true, false]) {
  const id = (name: string) => ids ? name : undefined;
  const how = ids ? "with ids" : "without ids";

  Deno.test(`interrupt cancels, truncates and ends at once, and late audio is dropped, ${how}`, async () => {
    await using rig = await openRig();
    const { peer, model } = rig;
    await speak(rig, id("a"));
    model.interrupt(7);
    await rig.hears(["responseEnded", "cancelled"]);
    await rig.sends("response.cancel", "conversation.item.truncate");
    peer.send(delta(id("a")));
    peer.send(delta(id("a")));
    peer.send(done(id("a"), "incomplete"));
    peer.send(delta(id("a")));
    await rig.hearsNothing();
    await speak(rig, id("b"));
    peer.send(done(id("b")));
    await rig.hears(["responseEnded", "completed"]);
  });

  // Every order in which the end of A and the life of B can mix.
  const orders: [name: string, ends: ReturnType<typeof done>[]][] = [
    ["response.done incomplete", [done(id("a"), "incomplete")]],
    ["response.done completed", [done(id("a"))]],
    ["response.cancelled", [cancelled(id("a")) as never]],
    ["both, cancelled first", [
      cancelled(id("a")) as never,
      done(id("a"), "cancelled"),
    ]],
    ["both, done first", [
      done(id("a"), "incomplete"),
      cancelled(id("a")) as never,
    ]],
  ];
  for (const [name, ends] of orders) {
    for (let before = 0; before <= ends.length; before++) {
      Deno.test(`the next response lives on when ${name} comes ${before} before it, ${how}`, async () => {
        await using rig = await openRig();
        const { peer, model } = rig;
        await speak(rig, id("a"));
        model.interrupt(0);
        await rig.hears(["responseEnded", "cancelled"]);
        for (const end of ends.slice(0, before)) peer.send(end);
        await speak(rig, id("b"));
        for (const end of ends.slice(before)) peer.send(end);
        peer.send(delta(id("b")));
        await rig.hears(["audio", SAMPLES]);
        peer.send(done(id("b")));
        await rig.hears(["responseEnded", "completed"]);
        await rig.hearsNothing();
      });
    }
  }
}

Deno.test("an interrupted response without an id is known by the id of its end", async () => {
  await using rig = await openRig();
  await speak(rig);
  rig.model.interrupt(0);
  await rig.hears(["responseEnded", "cancelled"]);
  await speak(rig, "b");
  rig.peer.send(done("a", "incomplete"));
  rig.peer.send(done("b"));
  await rig.hears(["responseEnded", "completed"]);
  await rig.hearsNothing();
});

Deno.test("interrupt does nothing when no response has come", async () => {
  await using rig = await openRig();
  rig.model.interrupt(100);
  rig.model.sendText("marker");
  await rig.sends("conversation.item.create");
  await rig.hearsNothing();
});

Deno.test("interrupt truncates, once and without a cancel, a response that is over but not heard to its end", async () => {
  await using rig = await openRig();
  await speak(rig, "a");
  rig.peer.send(done("a"));
  await rig.hears(["responseEnded", "completed"]);
  rig.model.interrupt(0);
  rig.model.interrupt(0);
  rig.model.sendText("marker");
  await rig.sends("conversation.item.truncate", "conversation.item.create");
  await rig.hearsNothing();
});

Deno.test("interrupt twice cancels once", async () => {
  await using rig = await openRig();
  await speak(rig, "a");
  rig.model.interrupt(0);
  rig.model.interrupt(0);
  await rig.hears(["responseEnded", "cancelled"]);
  rig.peer.send(cancelled("a"));
  await rig.hearsNothing();
  rig.model.sendText("marker");
  await rig.sends(
    "response.cancel",
    "conversation.item.truncate",
    "conversation.item.create",
  );
});

for (
  const [heardMs, expected] of [
    [0.9, 0],
    [-5, 0],
    [NaN, 0],
    [1e9, 1],
    [Infinity, 1],
  ]
) {
  Deno.test(`interrupt after ${heardMs} ms truncates to what was given, ${expected} ms`, async () => {
    await using rig = await openRig();
    // 24 samples at 24 kHz are one millisecond.
    const one = pcm(...new Array(24).fill(5));
    rig.peer.send(created("a"));
    rig.peer.send({ type: "response.audio.delta", item_id: "i7", delta: one });
    await rig.hears(["responseStarted"], ["audio", new Array(24).fill(5)]);
    rig.model.interrupt(heardMs);
    const sent = await rig.sends(
      "response.cancel",
      "conversation.item.truncate",
    );
    const { item_id, content_index, audio_end_ms } = sent;
    if (
      item_id !== "i7" || content_index !== 0 || audio_end_ms !== expected
    ) throw new Error(JSON.stringify(sent));
  });
}

Deno.test("interrupt truncates the item that was announced, and none when none is known", async () => {
  await using rig = await openRig();
  const { peer, model } = rig;
  peer.send(created("a"));
  peer.send({
    type: "response.output_item.added",
    item: { id: "f", type: "function_call" },
  });
  await rig.hears(["responseStarted"]);
  await rig.hearsNothing();
  model.interrupt(0);
  peer.send(cancelled("a"));
  peer.send(created("b"));
  peer.send({
    type: "response.output_item.added",
    item: { id: "m", type: "message" },
  });
  await rig.hears(["responseEnded", "cancelled"], ["responseStarted"]);
  await rig.hearsNothing();
  model.interrupt(0);
  await rig.sends("response.cancel", "response.cancel");
  const sent = await rig.sends("conversation.item.truncate");
  if (sent.item_id !== "m") throw new Error(JSON.stringify(sent));
});

/** Milliseconds of speech of an item. */
const speech = (ms: number, itemId?: string) => ({
  type: "response.audio.delta",
  item_id: itemId,
  delta: new Uint8Array(48 * ms).toBase64(),
});
const item = (id: string) => ({
  type: "response.output_item.added",
  item: { id, type: "message" },
});

for (
  const [heardMs, cutIn, cutMs, ...deleted] of [
    [0, "i", 0, "j", "k"],
    [60, "i", 60, "j", "k"],
    [100, "i", 100, "j", "k"],
    [101, "j", 1, "k"],
    [150, "j", 50, "k"],
    [160, "k", 10],
    [1000, "k", 30],
  ] as const
) {
  for (const named of [true, false]) {
    Deno.test(`interrupt after ${heardMs} ms of three items cuts ${cutIn} and deletes ${deleted.length}, their speech ${named ? "named" : "unnamed"}`, async () => {
      await using rig = await openRig();
      rig.peer.send(created("a"));
      for (const [id, ms] of [["i", 100], ["j", 50], ["k", 30]] as const) {
        rig.peer.send(item(id));
        rig.peer.send(speech(ms / 2, named ? id : undefined));
        rig.peer.send(speech(ms / 2, named ? id : undefined));
      }
      rig.peer.send(done("a"));
      let [name] = await rig.heard.next();
      while (name !== "responseEnded") [name] = await rig.heard.next();
      rig.model.interrupt(heardMs);
      const cut = await rig.sends("conversation.item.truncate");
      assert.deepEqual([cut.item_id, cut.audio_end_ms], [cutIn, cutMs]);
      for (const id of deleted) {
        const { item_id } = await rig.sends("conversation.item.delete");
        assert.equal(item_id, id);
      }
      rig.model.sendText("marker");
      await rig.sends("conversation.item.create");
    });
  }
}

Deno.test("what is written and not spoken stays when all that was spoken was heard", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  rig.peer.send(item("written"));
  rig.peer.send(item("spoken"));
  rig.peer.send(speech(10));
  rig.peer.send(item("written, too"));
  rig.peer.send(done("a"));
  let [name] = await rig.heard.next();
  while (name !== "responseEnded") [name] = await rig.heard.next();
  rig.model.interrupt(10);
  const cut = await rig.sends("conversation.item.truncate");
  assert.deepEqual([cut.item_id, cut.audio_end_ms], ["spoken", 10]);
  rig.model.sendText("marker");
  await rig.sends("conversation.item.create");
});

Deno.test("items beyond the sixteenth are counted with it", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  for (let n = 0; n < 40; n++) rig.peer.send(speech(10, `i${n}`));
  rig.peer.send(done("a"));
  let [name] = await rig.heard.next();
  while (name !== "responseEnded") [name] = await rig.heard.next();
  rig.model.interrupt(390);
  const cut = await rig.sends("conversation.item.truncate");
  assert.deepEqual([cut.item_id, cut.audio_end_ms], ["i15", 240]);
});

Deno.test("interrupt sends no truncate when the profile has none", async () => {
  await using rig = await openRig({ truncate: false });
  await speak(rig, "a");
  rig.model.interrupt(0);
  rig.peer.send(cancelled("a"));
  await rig.hears(["responseEnded", "cancelled"]);
  await rig.hearsNothing();
  rig.model.sendText("marker");
  await rig.sends("response.cancel", "conversation.item.create");
});

Deno.test("audio opens no response after an interruption until one is created", async () => {
  await using rig = await openRig();
  await speak(rig);
  rig.model.interrupt(0);
  await rig.hears(["responseEnded", "cancelled"]);
  rig.peer.send(delta());
  rig.peer.send(delta("other"));
  rig.peer.send(done());
  rig.peer.send(delta());
  await rig.hearsNothing();
  await speak(rig);
});

Deno.test("what an interrupted response has said is told before its end", async () => {
  await using rig = await openRig();
  await speak(rig, "a");
  rig.peer.send({ type: "response.audio_transcript.delta", delta: "Well," });
  await rig.hearsNothing();
  rig.model.interrupt(0);
  rig.peer.send({ type: "response.audio_transcript.done", transcript: "late" });
  await rig.hears(["assistantSaid", "Well,"], ["responseEnded", "cancelled"]);
  await rig.hearsNothing();
});

Deno.test("no ongoing response to cancel is a race, after which no old end is expected", async () => {
  await using rig = await openRig();
  await speak(rig);
  rig.model.interrupt(0);
  rig.peer.send({
    type: "error",
    error: { message: "no ongoing response to cancel" },
  });
  await rig.hears(
    ["responseEnded", "cancelled"],
    ["complaint", { kind: "race", message: "no ongoing response to cancel" }],
  );
  await speak(rig);
  rig.peer.send(done());
  await rig.hears(["responseEnded", "completed"]);
});
