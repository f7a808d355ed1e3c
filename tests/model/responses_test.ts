import { openRig } from "../support/model_rig.ts";
import {
  cancelled,
  created,
  delta,
  done,
  SAMPLES,
  speak,
} from "../support/model_events.ts";

Deno.test("a whole turn is told in order, with its usage and its words once", async () => {
  await using rig = await openRig();
  const { peer } = rig;
  const usage = { input_tokens: 12, output_tokens: 34, total_tokens: 46 };
  for (
    const event of [
      { type: "input_audio_buffer.speech_started" },
      { type: "input_audio_buffer.speech_stopped" },
      { type: "input_audio_buffer.committed" },
      { type: "conversation.item.created", item: { content: null } },
      created("r1"),
      {
        type: "response.output_item.added",
        response_id: "r1",
        item: { id: "i1", type: "message", content: null },
      },
      { type: "conversation.item.created" },
      { type: "response.content_part.added" },
      { type: "response.thinking.delta", delta: "secret" },
      { type: "response.audio_transcript.delta", delta: "Good " },
      delta("r1", "i1"),
      { type: "response.audio_transcript.delta", delta: "day" },
      { type: "response.audio.done" },
      { type: "response.audio_transcript.done", transcript: "Good day." },
      { type: "response.content_part.done" },
      { type: "response.output_item.done" },
      done("r1", "completed", { usage }),
    ]
  ) peer.send(event);
  await rig.hears(
    ["speechStarted"],
    ["speechStopped"],
    ["responseStarted"],
    ["audio", SAMPLES],
    ["audioEnded"],
    ["assistantSaid", "Good day."],
    ["responseEnded", "completed", { inputTokens: 12, outputTokens: 34 }],
  );
  await rig.hearsNothing();
});

Deno.test("audio opens a response that was never created, and a late created adopts it", async () => {
  await using rig = await openRig();
  rig.peer.send(delta());
  rig.peer.send(created("a"));
  rig.peer.send(delta("a"));
  rig.peer.send(done("a"));
  await rig.hears(
    ["responseStarted"],
    ["audio", SAMPLES],
    // Who announces no response may not end it either.
    ["audioEnded"],
    ["audio", SAMPLES],
    ["responseEnded", "completed"],
  );
  await rig.hearsNothing();
});

Deno.test("audio of a response that was cut short is dropped", async () => {
  await using rig = await openRig();
  await speak(rig, "a");
  rig.peer.send(done("a", "incomplete"));
  await rig.hears(["responseEnded", "incomplete"]);
  rig.peer.send(delta("a"));
  rig.peer.send(done("a"));
  await rig.hearsNothing();
});

Deno.test("a response that is created while another runs ends that one", async () => {
  await using rig = await openRig();
  await speak(rig, "a");
  rig.peer.send(created("b"));
  rig.peer.send(delta("a"));
  rig.peer.send(done("a"));
  rig.peer.send(created("b"));
  rig.peer.send(delta("b"));
  await rig.hears(
    ["complaint", {
      kind: "peer",
      message: "a response was created while another one ran",
    }],
    ["responseEnded", "incomplete"],
    ["responseStarted"],
    ["complaint", { kind: "peer", message: "a response was created twice" }],
    ["audio", SAMPLES],
  );
});

Deno.test("the peer's own cancellation ends the running response", async () => {
  await using rig = await openRig();
  await speak(rig);
  rig.peer.send(cancelled());
  await rig.hears(["responseEnded", "cancelled"]);
  await rig.hearsNothing();
});

Deno.test("an end without a response is complained of", async () => {
  await using rig = await openRig();
  rig.peer.send(done("x"));
  await rig.hears(["complaint", {
    kind: "peer",
    message: "a response ended that does not run",
  }]);
});

for (
  const [type, field] of [
    ["response.audio_transcript.done", "transcript"],
    ["response.text.done", "text"],
    ["response.audio_transcript.delta", "delta"],
  ]
) {
  Deno.test(`a response with ${type} and no audio is complained of, each time`, async () => {
    await using rig = await openRig();
    for (const id of ["a", "b"]) {
      rig.peer.send(created(id));
      rig.peer.send({ type, [field]: "Hello" });
      rig.peer.send(done(id));
      await rig.hears(
        ["responseStarted"],
        ["complaint", {
          kind: "peer",
          message:
            "the response has a transcript of 5 characters and no audio: the caller hears nothing",
        }],
        ["assistantSaid", "Hello"],
        ["responseEnded", "completed"],
      );
    }
  });
}

Deno.test("a response with nothing at all, and one that failed, are complained of", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  rig.peer.send(done("a"));
  rig.peer.send(created("b"));
  rig.peer.send(
    done("b", "failed", { status_details: { error: { message: "no luck" } } }),
  );
  const peer = "peer";
  await rig.hears(
    ["responseStarted"],
    ["complaint", {
      kind: peer,
      message: "the response has neither audio nor text",
    }],
    ["responseEnded", "completed"],
    ["responseStarted"],
    ["complaint", { kind: peer, message: "the response failed: no luck" }],
    ["responseEnded", "failed"],
  );
});

for (
  const [status, told] of [
    ["success", "completed"],
    ["in_progress", "completed"],
    [null, "completed"],
    [7, "completed"],
    ["canceled", "cancelled"],
    ["incomplete", "incomplete"],
    ["failed", "failed"],
  ] as const
) {
  Deno.test(`the status ${status} is told as ${told}, and half of a usage as none`, async () => {
    await using rig = await openRig();
    await speak(rig, "a");
    rig.peer.send(done("a", "", { status, usage: { input_tokens: 1 } }));
    if (status === "failed") {
      const message = "the response failed";
      await rig.hears(["complaint", { kind: "peer", message }]);
    }
    await rig.hears(["responseEnded", told]);
  });
}

Deno.test("a usage that nobody can have used is told as none", async () => {
  await using rig = await openRig();
  await speak(rig, "a");
  const usage = { input_tokens: 1e308, output_tokens: 1 };
  rig.peer.send(done("a", "completed", { usage }));
  await rig.hears(["responseEnded", "completed"]);
});

Deno.test("that a response has said all is told of the one that is heard, and of no other", async () => {
  await using rig = await openRig();
  const saidAll = (id?: string) => ({
    type: "response.audio.done",
    response_id: id,
  });
  rig.peer.send(saidAll());
  rig.peer.send(created("a"));
  rig.peer.send(delta("a"));
  rig.peer.send(saidAll("another"));
  rig.peer.send(saidAll("a"));
  rig.peer.send(delta("a"));
  rig.peer.send(saidAll());
  rig.peer.send(done("a"));
  await rig.hears(
    ["responseStarted"],
    ["audio", SAMPLES],
    ["audioEnded"],
    ["audio", SAMPLES],
    ["audioEnded"],
    ["responseEnded", "completed"],
  );
  await rig.hearsNothing();
});
