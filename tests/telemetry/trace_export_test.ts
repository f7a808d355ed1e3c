import assert from "node:assert/strict";
import { readWav } from "../../src/simulator/wav.ts";
import { findSentences } from "../../tools/demo/sentences.ts";
import { ThreadAim } from "../../tools/chaos/thread_aim.ts";
import { startServer } from "../../tools/server_process.ts";
import { type NodeRig, withNode } from "../support/node_rig.ts";
import {
  type CollectedSpan,
  startOtlpCollector,
} from "../support/otlp_collector.ts";

const SPEECH = readWav(
  Deno.readFileSync(new URL("../../assets/speech_8k.wav", import.meta.url)),
).samples;
const FRAME_SAMPLES = 160;
const PAUSE_FRAMES = 25;
/** So much of an answer is heard before it is interrupted. */
const HEARD_FRAMES = 10;
/** What every call does once, in this order. */
const SET_UP = ["ask store", "take over", "model opening", "answer", "unicast"];

function caller(sentence: Int16Array) {
  let at = -PAUSE_FRAMES * FRAME_SAMPLES;
  let heard = 0;
  return {
    /** Says its sentence, and again whenever an answer sounds. */
    speech: (frame: Int16Array) => {
      if (at >= sentence.length && heard >= HEARD_FRAMES) at = 0;
      frame.fill(0);
      if (at >= 0) frame.set(sentence.subarray(at, at + FRAME_SAMPLES));
      if (at < sentence.length) heard = 0;
      at += FRAME_SAMPLES;
      return true;
    },
    arrived: () => {
      heard++;
    },
  };
}

function ofCall(spans: readonly CollectedSpan[], uuid: string) {
  const traceId = uuid.replaceAll("-", "");
  return spans.filter((span) => span.traceId === traceId);
}

function named(spans: readonly CollectedSpan[], name: string) {
  return spans.filter((span) => span.name === name);
}

async function isOver(rig: NodeRig, uuid: string): Promise<void> {
  await rig.logged("The call has ended", ({ callId }) => callId === uuid);
}

Deno.test("a call is one trace under its own id, from the connection to the end, when tracing is on", async () => {
  await using collector = startOtlpCollector();
  let uuid = "";
  let refused = "";
  const environment = {
    ...collector.environment,
    MAX_CONNECTIONS: "1",
    NODE_NAME: "node-7",
    OTEL_RESOURCE_ATTRIBUTES: "service.instance.id=node-7",
  };
  await withNode({ environment }, async (rig) => {
    const [{ from, to }] = findSentences(SPEECH, 8000);
    const call = rig.call(caller(SPEECH.subarray(from, to)));
    uuid = call.uuid;
    let cuts = 0;
    // The first one may cut the greeting short, which answers no turn.
    await rig.logged("The caller interrupted", () => ++cuts === 2);
    const second = rig.call();
    refused = second.uuid;
    await second.ended;
    await rig.server.metrics();
    call.hangUp();
    assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    await isOver(rig, uuid);
  });

  const spans = ofCall(collector.spans, uuid);
  const roots = named(spans, "call");
  assert.equal(roots.length, 1);
  const [root] = roots;
  assert.equal(root.resource["service.name"], "vapi-cn");
  assert.equal(root.resource["service.instance.id"], "node-7");
  assert.equal(root.failed, false);
  const { attributes } = root;
  assert.equal(attributes["vapi.call_id"], uuid);
  assert.equal(attributes["vapi.node"], "node-7");
  assert.equal(attributes["vapi.assistant"], "default");
  assert.equal(attributes["vapi.end"], "hangup");
  assert.equal(attributes["vapi.cause"], "NORMAL_CLEARING");
  assert.equal(attributes["vapi.suppliers"], "stepfun");

  const below = spans.filter((span) => span !== root);
  for (const span of below) {
    assert.equal(span.parentSpanId, root.spanId, span.name);
    assert.ok(span.fromMs >= root.fromMs && span.toMs <= root.toMs, span.name);
    assert.ok(span.toMs >= span.fromMs, span.name);
  }
  for (const name of [...SET_UP, "first frame"]) {
    const [span, ...more] = named(below, name);
    assert.deepEqual(more, [], name);
    assert.equal(span?.attributes["vapi.outcome"] ?? "ok", "ok", name);
  }
  const turns = named(below, "turn");
  assert.ok(turns.some((turn) => turn.attributes["vapi.outcome"] === "ok"));
  const cuts = named(below, "barge-in");
  assert.ok(cuts.length >= 2);
  // One that the hang-up overtook is counted, and was never over.
  assert.ok(cuts.length <= Number(attributes["vapi.barge_ins"]));

  const [refusal] = ofCall(collector.spans, refused);
  assert.equal(refusal.name, "refused call");
  assert.equal(refusal.attributes["vapi.refusal"], "capacity");
  assert.ok(!collector.text.includes("13800138000"), "a number was exported");
  const others = collector.spans.filter(({ scope }) => scope !== "vapi-cn");
  assert.deepEqual(others, [], "requests of a scrape are in the way of calls");
});

Deno.test("both nodes of a call that is handed over write into one trace", async () => {
  await using collector = startOtlpCollector();
  let uuid = "";
  const stepFun = { mode: "duplex" } as const;
  const { environment } = collector;
  await withNode(
    { stepFun, environment: { ...environment, NODE_NAME: "second" } },
    async (rig) => {
      const first = await startServer({
        environment: {
          ...environment,
          NODE_NAME: "first",
          STEPFUN_URL: rig.stepFun.url,
          SHARDS: "1",
          DRAIN_SECONDS: "0",
        },
        onError: (line) => console.error(line),
      });
      try {
        const heard = Promise.withResolvers<void>();
        const call = rig.call({
          dialplan: [
            { socket: `127.0.0.1:${first.eslPort}` },
            { socket: `127.0.0.1:${rig.server.eslPort}` },
          ],
          arrived: () => heard.resolve(),
        });
        uuid = call.uuid;
        await heard.promise;
        await first.stop();
        await rig.logged("The call has audio");
        call.hangUp();
        await call.ended;
        await isOver(rig, uuid);
      } finally {
        await first.stop();
      }
    },
  );
  const calls = named(ofCall(collector.spans, uuid), "call");
  assert.deepEqual(
    calls.map(({ attributes }) => [
      attributes["vapi.node"],
      attributes["vapi.end"],
    ]),
    [["first", "drain"], ["second", "hangup"]],
  );
  const handed = named(ofCall(collector.spans, uuid), "leave to others");
  assert.equal(handed[0]?.parentSpanId, calls[0].spanId);
});

Deno.test("the trace of a call whose shard is killed shows how long it was away, and both openings", async () => {
  await using collector = startOtlpCollector();
  let uuid = "";
  const stepFun = { mode: "duplex" } as const;
  const environment = { ...collector.environment, SHARDS: "1" };
  await withNode({ debug: true, stepFun, environment }, async (rig) => {
    const call = rig.call();
    uuid = call.uuid;
    await rig.logged("The call has audio");
    const aim = await ThreadAim.take(rig.server.debuggerUrl!);
    await aim.fire("shard");
    await aim.close();
    await rig.logged("The conversation goes on");
    call.hangUp();
    await call.ended;
    await isOver(rig, uuid);
  });
  const spans = ofCall(collector.spans, uuid);
  const [away] = named(spans, "shard away");
  assert.equal(away.attributes["vapi.outcome"], "ok");
  const openings = named(spans, "model opening");
  assert.equal(openings.length, 2);
  assert.ok(openings[1].fromMs >= away.fromMs);
  assert.ok(openings[1].toMs <= away.toMs);
  assert.equal(named(spans, "first frame").length, 1);
});

Deno.test("nothing is traced and nothing sent when tracing was not switched on", async () => {
  await using collector = startOtlpCollector();
  const environment = { ...collector.environment, OTEL_DENO: "false" };
  await withNode({ environment }, async (rig) => {
    const call = rig.call();
    await rig.logged("The call has audio");
    call.hangUp();
    await isOver(rig, call.uuid);
  });
  assert.deepEqual(collector.requests, []);
});

Deno.test("a server whose collector is away serves calls and stops as ever", async () => {
  const collector = startOtlpCollector();
  await collector[Symbol.asyncDispose]();
  await withNode({ environment: collector.environment }, serveOneCall);
});

Deno.test("a server whose collector never answers serves calls, and stops when the export has taken too long", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = silent.accept();
  const endpoint = `http://127.0.0.1:${silent.addr.port}`;
  const environment = {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: "500",
    // So soon that an export hangs while the call goes on.
    OTEL_BSP_SCHEDULE_DELAY: "50",
  };
  await withNode({ environment }, serveOneCall);
  using _connection = await accepted;
});

async function serveOneCall(rig: NodeRig): Promise<void> {
  const call = rig.call();
  await rig.logged("The call has audio");
  call.hangUp();
  assert.equal((await call.ended).cause, "NORMAL_CLEARING");
  await isOver(rig, call.uuid);
}
