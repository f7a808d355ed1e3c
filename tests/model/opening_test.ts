import assert from "node:assert/strict";
import { ModelError } from "../../src/shard/speech_model.ts";
import { ASSISTANT, makeModel, openRig } from "../support/model_rig.ts";
import { startScriptedModel } from "../support/scripted_model.ts";

const never = () => new AbortController().signal;

function failsAs(kind: string) {
  return (error: unknown) => {
    assert.ok(error instanceof ModelError, String(error));
    assert.equal(error.kind, kind, error.message);
    return true;
  };
}

Deno.test("open sends the key and the model, and exactly this session.update", async () => {
  await using server = startScriptedModel();
  await using rig = makeModel(server.url);
  const opened = rig.model.open(never());
  const peer = await server.accept();
  assert.equal(peer.request.headers.get("authorization"), "Bearer key");
  assert.equal(peer.request.url.search, "?model=step-audio-2");
  assert.equal(peer.request.url.pathname, "/v1/realtime");
  peer.send({ type: "session.created" });
  assert.equal(
    await peer.nextText(),
    '{"event_id":"event_1","type":"session.update","session":{"modalities":["text","audio"],"instructions":' +
      JSON.stringify(ASSISTANT.instructions) +
      ',"voice":"wenrounansheng","input_audio_format":"pcm16","output_audio_format":"pcm16",' +
      '"turn_detection":{"type":"server_vad","prefix_padding_ms":500,"silence_duration_ms":400,"energy_awakeness_threshold":2500}}}',
  );
  peer.send({ type: "session.updated" });
  await opened;
  assert.equal(rig.heard.length, 0);
});

for (
  const [status, kind] of [
    [400, "not_found"],
    [401, "unauthorized"],
    [402, "payment"],
    [403, "unauthorized"],
    [404, "not_found"],
    [429, "rate_limited"],
    [451, "moderated"],
    [500, "overloaded"],
    [503, "overloaded"],
    [418, "protocol"],
    [200, "protocol"],
  ] as const
) {
  Deno.test(`open rejects as ${kind} when the upgrade is answered with ${status}`, async () => {
    await using server = startScriptedModel({ refuseStatus: status });
    await using rig = makeModel(server.url);
    await assert.rejects(rig.model.open(never()), failsAs(kind));
    assert.equal(rig.heard.length, 0, "closed comes only after open");
  });
}

Deno.test("open rejects as unreachable when nobody listens", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  await using rig = makeModel(`ws://127.0.0.1:${port}/`);
  await assert.rejects(rig.model.open(never()), failsAs("unreachable"));
});

for (
  const [answer, kind] of [
    ["garbage\r\n\r\n", "protocol"],
    ["HTTP/1.1 101 x\r\n\r\n", "protocol"],
    ["", "unreachable"],
  ] as const
) {
  Deno.test(`open rejects as ${kind} when a peer answers ${JSON.stringify(answer)} and leaves`, async () => {
    using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    await using rig = makeModel(`ws://127.0.0.1:${listener.addr.port}/`);
    const opened = rig.model.open(never());
    using peer = await listener.accept();
    await peer.read(new Uint8Array(4096));
    await peer.write(new TextEncoder().encode(answer));
    await peer.closeWrite();
    await assert.rejects(opened, failsAs(kind));
  });
}

Deno.test("open rejects as timeout when the upgrade is never answered", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  await using rig = makeModel(`ws://127.0.0.1:${listener.addr.port}/`, {
    deadlines: { openMs: 30 },
  });
  const opened = rig.model.open(never());
  using _peer = await listener.accept();
  await assert.rejects(opened, failsAs("timeout"));
});

for (const greets of [false, true]) {
  const awaited = greets ? "session.updated" : "session.created";
  Deno.test(`open rejects as timeout and closes when ${awaited} never comes`, async () => {
    await using server = startScriptedModel();
    await using rig = makeModel(server.url, { deadlines: { openMs: 50 } });
    const opened = rig.model.open(never());
    const rejected = assert.rejects(opened, (error) => {
      assert.match(String(error), new RegExp(awaited));
      return failsAs("timeout")(error);
    });
    const peer = await server.accept();
    if (greets) peer.send({ type: "session.created" });
    await rejected;
    await peer.closed;
  });
}

for (
  const [error, kind] of [
    [{ message: "voice nobody is not valid", code: "400" }, "refused"],
    [{ message: "invalid event format", code: "400" }, "refused"],
    [{ message: "Incorrect API key", type: "invalid_api_key" }, "unauthorized"],
    [{ message: "no money", code: "402" }, "payment"],
    [{ message: "slow down", code: 429 }, "rate_limited"],
    [{ message: "not now", code: "503" }, "overloaded"],
    ["only words", "refused"],
    [null, "refused"],
  ] as const
) {
  Deno.test(`open rejects as ${kind} when it is answered with the error ${JSON.stringify(error)}`, async () => {
    await using server = startScriptedModel();
    await using rig = makeModel(server.url);
    const opened = rig.model.open(never());
    const rejected = assert.rejects(opened, failsAs(kind));
    const peer = await server.accept();
    peer.send({ type: "session.created" });
    await peer.next();
    peer.send({ type: "error", error });
    await rejected;
    await peer.closed;
    assert.equal(rig.heard.length, 0);
  });
}

for (
  const error of [
    { message: "something went wrong" },
    { message: "busy", type: "server_error" },
    null,
  ]
) {
  for (const when of ["session.created", "session.update"]) {
    Deno.test(`the error ${JSON.stringify(error)} before ${when} is of no account when the session is ready after it`, async () => {
      await using server = startScriptedModel();
      await using rig = makeModel(server.url);
      const opened = rig.model.open(never());
      const peer = await server.accept();
      if (when === "session.created") peer.send({ type: "error", error });
      peer.send({ type: "session.created" });
      await peer.next();
      if (when === "session.update") peer.send({ type: "error", error });
      peer.send({ type: "session.updated" });
      await opened;
    });
  }
}

Deno.test("open rejects with the words of an error when the peer closes after it, whatever it was", async () => {
  await using server = startScriptedModel();
  await using rig = makeModel(server.url);
  const rejected = assert.rejects(rig.model.open(never()), (error) => {
    assert.match(String(error), /something went wrong/);
    return failsAs("refused")(error);
  });
  const peer = await server.accept();
  peer.send({ type: "session.created" });
  await peer.next();
  peer.send({ type: "error", error: { message: "something went wrong" } });
  peer.close(1011);
  await rejected;
});

for (
  const message of [
    "voice nobody is unknown",
    "Model is overloaded",
    "your account is suspended",
    "unknown parameter: session.tools",
  ]
) {
  Deno.test(`the error ${message} ends an opening although the session is ready after it`, async () => {
    await using server = startScriptedModel();
    await using rig = makeModel(server.url);
    const rejected = assert.rejects(
      rig.model.open(never()),
      failsAs("refused"),
    );
    const peer = await server.accept();
    peer.send({ type: "session.created" });
    await peer.next();
    peer.send({ type: "error", error: { message } });
    peer.send({ type: "session.updated" });
    await rejected;
  });
}

Deno.test("open rejects as closed when the peer closes in between", async () => {
  await using server = startScriptedModel();
  await using rig = makeModel(server.url);
  const rejected = assert.rejects(rig.model.open(never()), failsAs("closed"));
  const peer = await server.accept();
  peer.send({ type: "session.created" });
  await peer.next();
  peer.close(1000, "bye");
  await rejected;
  assert.equal(rig.heard.length, 0);
});

for (const step of ["upgrade", "accepted", "session.created"] as const) {
  for (const means of ["close", "abort"] as const) {
    Deno.test(`${means} while it waits at ${step} rejects open and leaves nothing`, async () => {
      await using server = startScriptedModel();
      await using rig = makeModel(server.url);
      const abort = new AbortController();
      const reason = new Error("hung up");
      const rejected = assert.rejects(
        rig.model.open(abort.signal),
        means === "abort" ? (error) => error === reason : failsAs("closed"),
      );
      if (step !== "upgrade") {
        const peer = await server.accept();
        if (step === "session.created") {
          peer.send({ type: "session.created" });
          await peer.next();
        }
      }
      if (means === "abort") abort.abort(reason);
      else rig.model.close();
      rig.model.close();
      await rejected;
      assert.equal(rig.heard.length, 0);
    });
  }
}

Deno.test("open rejects with the signal's reason when that was aborted before", async () => {
  await using rig = makeModel("ws://127.0.0.1:1/");
  const reason = new Error("too late");
  await assert.rejects(rig.model.open(AbortSignal.abort(reason)), reason);
});

Deno.test("open rejects as closed when it was closed before", async () => {
  await using rig = makeModel("ws://127.0.0.1:1/");
  rig.model.close();
  await assert.rejects(rig.model.open(never()), failsAs("closed"));
});

Deno.test("open rejects with TypeError when it was opened before", async () => {
  await using rig = await openRig();
  await assert.rejects(rig.model.open(never()), TypeError);
});

Deno.test("what arrives before session.updated is not told", async () => {
  await using server = startScriptedModel();
  await using rig = makeModel(server.url);
  const opened = rig.model.open(never());
  const peer = await server.accept();
  peer.send({ type: "session.updated" });
  peer.send({ type: "response.created" });
  peer.send({ type: "session.created" });
  await peer.next();
  peer.send({ type: "response.audio.delta", delta: "AAA=" });
  peer.send({ type: "session.updated" });
  await opened;
  peer.send({ type: "input_audio_buffer.speech_started" });
  assert.deepEqual(await rig.heard.next(), ["speechStarted"]);
});

Deno.test("open leaves no listener on the signal, whose later abort does nothing", async () => {
  await using server = startScriptedModel();
  await using rig = makeModel(server.url);
  const abort = new AbortController();
  const { signal } = abort;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: EventListener) => {
    listeners.add(listener);
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  const opened = rig.model.open(signal);
  assert.equal(listeners.size, 1);
  const peer = await server.accept();
  peer.send({ type: "session.created" });
  await peer.next();
  peer.send({ type: "session.updated" });
  await opened;
  assert.equal(listeners.size, 0);
  abort.abort();
  peer.send({ type: "input_audio_buffer.speech_started" });
  assert.deepEqual(await rig.heard.next(), ["speechStarted"]);
});
