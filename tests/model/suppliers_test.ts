import assert from "node:assert/strict";
import { ToldSupplierBoard } from "../../src/model/supplier_board.ts";
import { createRealtimeModels } from "../../src/model/realtime_models.ts";
import { ModelError } from "../../src/shard/speech_model.ts";
import { ASSISTANT, makeModel, pcm } from "../support/model_rig.ts";
import { greet, startScriptedModel } from "../support/scripted_model.ts";

const never = () => new AbortController().signal;

for (const status of [401, 402, 404, 429, 451, 500, 503]) {
  Deno.test(`the next supplier answers when the first refuses the upgrade with ${status}`, async () => {
    await using first = startScriptedModel({ refuseStatus: status });
    await using second = startScriptedModel();
    const urls = { stepfun: first.url, qwen: second.url };
    await using rig = makeModel(urls, { attempts: 2 });
    assert.equal(rig.model.supplier, "stepfun");
    const opened = rig.model.open(never());
    await greet(await second.accept());
    await opened;
    assert.equal(rig.model.supplier, "qwen");
    assert.equal(rig.model.inputRateHz, 16000);
    const repeats = [429, 500, 503].includes(status);
    assert.equal(first.requests, repeats ? 2 : 1);
    assert.equal(rig.heard.length, 0);
  });
}

Deno.test("the next supplier answers when the first accepts the connection and says nothing", async () => {
  using hole = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  await using second = startScriptedModel();
  const urls = {
    stepfun: `ws://127.0.0.1:${hole.addr.port}/`,
    openai: second.url,
  };
  await using rig = makeModel(urls);
  const opened = rig.model.open(never());
  await greet(await second.accept());
  await opened;
  assert.equal(rig.model.supplier, "openai");
  assert.equal(rig.model.inputRateHz, 24000);
});

Deno.test("open rejects with the last failure when every supplier was tried in vain", async () => {
  await using first = startScriptedModel({ refuseStatus: 503 });
  await using second = startScriptedModel({ refuseStatus: 402 });
  const urls = { stepfun: first.url, qwen: second.url };
  await using rig = makeModel(urls);
  await assert.rejects(rig.model.open(never()), (error) => {
    return error instanceof ModelError && error.kind === "payment";
  });
  assert.equal(rig.heard.length, 0);
});

Deno.test("a conversation that goes on is tried round after round from its first opening", async () => {
  await using server = startScriptedModel({
    refuse: (n) => n < 4 ? 503 : undefined,
  });
  await using rig = makeModel(server.url, {
    attempts: 1,
    random: () => 0,
    history: () => [{ role: "caller", text: "are you there?" }],
  });
  const opened = rig.model.open(never());
  await greet(await server.accept());
  await opened;
  assert.equal(server.requests, 5);
});

Deno.test("a call changes its supplier when the one it had is gone, and stays with the new one", async () => {
  let isGone = false;
  const refuse = () => isGone ? 404 : undefined;
  await using first = startScriptedModel({ refuse });
  await using second = startScriptedModel();
  const urls = { stepfun: first.url, openai: second.url };
  await using rig = makeModel(urls);
  const opened = rig.model.open(never());
  const peer = await first.accept();
  await greet(peer);
  await opened;
  isGone = true;
  peer.close();
  assert.deepEqual(await rig.heard.next(), ["lost", "closed"]);
  assert.equal(rig.model.supplier, "stepfun");
  const spare = await second.accept();
  await greet(spare);
  assert.deepEqual(await rig.heard.next(), ["regained", "openai", 2]);
  assert.equal(rig.model.inputRateHz, 24000);
  spare.close();
  assert.deepEqual(await rig.heard.next(), ["lost", "closed"]);
  await greet(await second.accept());
  assert.deepEqual(await rig.heard.next(), ["regained", "openai", 1]);
});

Deno.test("a supplier that takes conversations and makes nothing of them gives way to the next one", async () => {
  await using first = startScriptedModel();
  await using second = startScriptedModel();
  const reports: string[] = [];
  const board = new ToldSupplierBoard((supplier, outcome) =>
    reports.push(`${supplier} ${outcome}`)
  );
  const urls = { stepfun: first.url, openai: second.url };
  await using rig = makeModel(urls, { board });
  const opened = rig.model.open(never());
  await greet(await first.accept());
  await opened;
  const silent = new ModelError("timeout", "no response within 8000 ms");
  rig.model.abandon(silent);
  assert.deepEqual(await rig.heard.next(), ["lost", "timeout"]);
  await greet(await second.accept());
  assert.deepEqual(await rig.heard.next(), ["regained", "openai", 1]);
  rig.model.abandon(silent);
  assert.deepEqual(await rig.heard.next(), ["lost", "timeout"]);
  await greet(await first.accept());
  assert.deepEqual(await rig.heard.next(), ["regained", "stepfun", 1]);
  assert.deepEqual(reports, [
    "stepfun ok",
    "stepfun abandoned",
    "openai ok",
    "openai abandoned",
    "stepfun ok",
  ]);
});

Deno.test("the first sound of each conversation is reported to the board, and no other", async () => {
  await using first = startScriptedModel();
  const reports: string[] = [];
  const board = new ToldSupplierBoard((supplier, outcome) =>
    reports.push(`${supplier} ${outcome}`)
  );
  await using rig = makeModel({ stepfun: first.url }, { board });
  const opened = rig.model.open(never());
  const peer = await first.accept();
  await greet(peer);
  await opened;
  assert.deepEqual(reports, ["stepfun ok"]);
  for (let i = 0; i < 3; i++) {
    peer.send({ type: "response.audio.delta", delta: pcm(9) });
  }
  peer.send({ type: "response.done", response: { status: "completed" } });
  let told = await rig.heard.next();
  while (told[0] !== "responseEnded") told = await rig.heard.next();
  assert.deepEqual(reports, ["stepfun ok", "stepfun answered"]);
});

Deno.test("openings are reported to the board, losses are not, and who is unavailable is passed over", async () => {
  const reports: string[] = [];
  const board = new ToldSupplierBoard((supplier, outcome) =>
    reports.push(`${supplier} ${outcome}`)
  );
  await using first = startScriptedModel({ refuseStatus: 429 });
  await using second = startScriptedModel();
  const urls = { stepfun: first.url, qwen: second.url };
  await using rig = makeModel(urls, { board });
  const opened = rig.model.open(never());
  const peer = await second.accept();
  await greet(peer);
  await opened;
  assert.deepEqual(reports, ["stepfun rate_limited", "qwen ok"]);
  peer.close();
  assert.deepEqual(await rig.heard.next(), ["lost", "closed"]);
  await greet(await second.accept());
  assert.deepEqual(await rig.heard.next(), ["regained", "qwen", 1]);
  assert.deepEqual(reports.slice(2), ["qwen ok"]);

  board.update(["stepfun"]);
  await using other = makeModel(urls, { board });
  const openedAtOnce = other.model.open(never());
  await greet(await second.accept());
  await openedAtOnce;
  assert.equal(first.requests, 1);
});

Deno.test("an opening that we end ourselves is not reported", async () => {
  const reports: string[] = [];
  const board = new ToldSupplierBoard((supplier) => reports.push(supplier));
  await using server = startScriptedModel();
  await using rig = makeModel(server.url, { board });
  const rejected = assert.rejects(rig.model.open(never()));
  await server.accept();
  rig.model.close();
  await rejected;
  assert.deepEqual(reports, []);
});

Deno.test("a supplier that is not known is refused when the process starts", () => {
  const suppliers = { nobody: { apiKey: "k" } };
  assert.throws(() => createRealtimeModels({ suppliers }), (error) => {
    assert.ok(error instanceof TypeError);
    assert.match(error.message, /stepfun, qwen, openai, got nobody/);
    return true;
  });
});

Deno.test("an assistant whose supplier has no settings is refused", () => {
  const create = createRealtimeModels({ suppliers: { qwen: { apiKey: "k" } } });
  const events = {} as Parameters<typeof create>[0]["events"];
  const call = { assistant: ASSISTANT, events, history: () => [] };
  assert.throws(() => create(call), /Cannot use stepfun: it has no settings/);
});
