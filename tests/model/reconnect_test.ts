import assert from "node:assert/strict";
import { ModelError } from "../../src/shard/speech_model.ts";
import {
  created,
  delta,
  done,
  SAMPLES,
  speak,
} from "../support/model_events.ts";
import { type ModelRig, openRig } from "../support/model_rig.ts";
import { greet, type ScriptedPeer } from "../support/scripted_model.ts";

/** Small enough that a test need not wait for a peer that hangs. */
const SETTINGS = { attempts: 3, deadlines: { openMs: 5000 } } as const;

async function regain(rig: ModelRig, attempts = 1): Promise<ScriptedPeer> {
  const peer = await rig.server.accept();
  await greet(peer);
  await rig.hears(["regained", "stepfun", attempts]);
  return peer;
}

Deno.test("a call goes on with the same supplier when its conversation is lost", async () => {
  await using rig = await openRig(SETTINGS);
  rig.peer.close(1011);
  await rig.hears(["lost", "closed"]);
  const peer = await regain(rig);
  rig.model.appendAudio(Int16Array.of(1));
  assert.equal((await peer.next()).type, "input_audio_buffer.append");
  peer.send(created("a"));
  peer.send(delta("a"));
  peer.send(done("a"));
  await rig.hears(
    ["responseStarted"],
    ["audio", SAMPLES],
    ["responseEnded", "completed"],
  );
});

Deno.test("the new conversation is configured like the old one", async () => {
  await using rig = await openRig(SETTINGS);
  rig.peer.close();
  const peer = await rig.server.accept();
  const { session } = await greet(peer);
  assert.equal((session as { voice: string }).voice, "wenrounansheng");
});

Deno.test("a response ends as failed before its conversation is told lost, and what was said is told", async () => {
  await using rig = await openRig(SETTINGS);
  await speak(rig, "a");
  rig.peer.send({
    type: "response.audio_transcript.delta",
    response_id: "a",
    delta: "I was say",
  });
  rig.peer.send({
    type: "conversation.item.input_audio_transcription.delta",
    delta: "Hello",
  });
  rig.peer.close();
  await rig.hears(
    ["callerSaid", "Hello"],
    ["assistantSaid", "I was say"],
    ["responseEnded", "failed"],
    ["lost", "closed"],
  );
  await regain(rig);
});

const STAGES = ["accepted", "session.created", "session.update"] as const;

for (const stage of STAGES) {
  Deno.test(`another connection is tried when one closes at ${stage} while the model is away`, async () => {
    await using rig = await openRig(SETTINGS);
    rig.peer.close();
    await rig.hears(["lost", "closed"]);
    for (let n = 0; n < 2; n++) {
      const peer = await rig.server.accept();
      if (stage !== "accepted") peer.send({ type: "session.created" });
      if (stage === "session.update") await peer.next();
      peer.close();
    }
    await regain(rig, 3);
  });
}

Deno.test("another connection is tried when a session is refused while the model is away", async () => {
  await using rig = await openRig(SETTINGS);
  rig.peer.close();
  await rig.hears(["lost", "closed"]);
  const refusing = await rig.server.accept();
  refusing.send({ type: "session.created" });
  await refusing.next();
  refusing.send({ type: "error", error: { message: "no such voice" } });
  await regain(rig, 2);
});

Deno.test("texts that are given while the model is away are sent when it is back, the newest eight", async () => {
  await using rig = await openRig(SETTINGS);
  rig.peer.close();
  await rig.hears(["lost", "closed"]);
  for (let n = 1; n <= 9; n++) rig.model.sendText(`text ${n}`);
  const message = "too many texts wait for the model, the oldest is dropped";
  await rig.hears(["complaint", { kind: "mistake", message }]);
  const peer = await regain(rig);
  for (let n = 2; n <= 9; n++) {
    assert.match(await peer.nextText(), new RegExp(`"text ${n}"`));
    assert.equal((await peer.next()).type, "response.create");
    peer.send(created(`r${n}`));
    peer.send(delta(`r${n}`));
    peer.send(done(`r${n}`));
  }
});

Deno.test("speech and interruptions go nowhere while the model is away", async () => {
  await using rig = await openRig(SETTINGS);
  rig.peer.close();
  await rig.hears(["lost", "closed"]);
  rig.model.appendAudio(Int16Array.of(1));
  rig.model.interrupt(100);
  rig.model.quiet();
  rig.model.abandon(new ModelError("timeout", "again"));
  const peer = await regain(rig);
  rig.model.sendText("first");
  assert.match(await peer.nextText(), /"first"/);
});

Deno.test("a conversation that is abandoned is lost at once, and closed", async () => {
  await using rig = await openRig(SETTINGS);
  await speak(rig, "a");
  rig.model.abandon(new ModelError("timeout", "it does not answer"));
  await rig.hears(["responseEnded", "failed"], ["lost", "timeout"]);
  assert.equal(await rig.peer.closed, 1000);
  await regain(rig);
});

Deno.test("close while the model is away ends everything, and is told once", async () => {
  await using rig = await openRig(SETTINGS);
  rig.peer.close();
  await rig.hears(["lost", "closed"]);
  rig.model.close();
  rig.model.close();
  await rig.hears(["closed"]);
  rig.model.sendText("too late");
  assert.equal(rig.heard.length, 0);
});

Deno.test("close while the model is being configured again leaves no connection", async () => {
  await using rig = await openRig(SETTINGS);
  rig.peer.close();
  await rig.hears(["lost", "closed"]);
  const peer = await rig.server.accept();
  peer.send({ type: "session.created" });
  await peer.next();
  rig.model.close();
  await peer.closed;
  await rig.hears(["closed"]);
  assert.equal(rig.heard.length, 0);
});

for (const at of ["lost", "regained", "responseEnded"] as const) {
  Deno.test(`close inside ${at} is the last that is heard`, async () => {
    await using rig = await openRig(SETTINGS);
    const push = rig.heard.push.bind(rig.heard);
    const over = Promise.withResolvers<void>();
    const names: string[] = [];
    rig.heard.push = (event) => {
      push(event);
      names.push(event[0]);
      if (event[0] === at) rig.model.close();
      if (event[0] === "closed") over.resolve();
    };
    await speak(rig, "a");
    rig.peer.close();
    if (at === "regained") await greet(await rig.server.accept());
    await over.promise;
    await rig.peer.closed;
    assert.equal(names.at(-1), "closed");
    assert.equal(names.filter((name) => name === "closed").length, 1);
    assert.equal(names.includes("lost"), at !== "responseEnded");
  });
}

Deno.test("a model that stays away is given up, with the last failure", async () => {
  let isAway = false;
  await using rig = await openRig({
    attempts: 2,
    giveUpMs: 300,
    deadlines: { openMs: 100 },
  }, { refuse: () => isAway ? 503 : undefined });
  isAway = true;
  rig.peer.close();
  await rig.hears(["lost", "closed"], ["closed", "overloaded"]);
  rig.model.close();
  rig.model.sendText("too late");
  assert.equal(rig.heard.length, 0);
  assert.ok(rig.server.requests > 2);
});

Deno.test("a supplier that accepts and closes for ever is given up", async () => {
  await using rig = await openRig({
    giveUpMs: 300,
    deadlines: { openMs: 100 },
    random: () => 0.5,
  });
  let peer = rig.peer;
  const accept = async () => {
    peer = await rig.server.accept();
    await greet(peer);
  };
  peer.close();
  const names: string[] = [];
  let told = await rig.heard.next();
  for (; told[0] !== "closed"; told = await rig.heard.next()) {
    names.push(told[0]);
    if (told[0] === "lost") void accept();
    else peer.close();
  }
  assert.deepEqual(told, ["closed", "closed"]);
  assert.ok(names.every((name, n) => name === ["lost", "regained"][n % 2]));
  assert.ok(names.length >= 7, names.join());
});
