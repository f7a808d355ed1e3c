import assert from "node:assert/strict";
import type { AudioLegCounts } from "../../src/router/audio_leg.ts";
import type { Call, CallReport } from "../../src/router/call.ts";
import { CallMeter } from "../../src/router/call_meter.ts";
import type { SessionFact } from "../../src/shard/protocol.ts";
import { createLog, SILENT_LOG } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

const COUNTS: AudioLegCounts = {
  uplinkFrames: 100,
  concealed: 7,
  downlinkFrames: 80,
  uplinkRefused: 1,
  downlinkMissed: 2,
  downlinkDiscarded: 3,
  wrongSize: 4,
  foreign: 5,
  flood: 6,
};
const REPORT: CallReport = {
  end: { by: "hangup", cause: "NORMAL_CLEARING" },
  answered: true,
  shard: 0,
  setupMs: 300,
  talkMs: 60_000,
  counts: COUNTS,
  summary: {
    turns: 2,
    bargeIns: 1,
    heardMs: 1500,
    usage: [{
      supplier: "stepfun",
      uplinkMs: 2000,
      downlinkMs: 1600,
      inputTokens: 10,
      outputTokens: 20,
    }],
  },
};

function open() {
  const metrics = createMetrics();
  const meter = new CallMeter(metrics);
  /** The value of a sample as a scrape shows it; undefined when there is none. */
  async function value(sample: string): Promise<number | undefined> {
    const text = await metrics.registry.metrics();
    const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  }
  return { meter, value };
}

async function expectValues(
  { value }: ReturnType<typeof open>,
  expected: Readonly<Record<string, number | undefined>>,
): Promise<void> {
  for (const [sample, number] of Object.entries(expected)) {
    assert.equal(await value(sample), number, sample);
  }
}

Deno.test("a call that went well is counted with its lengths, its speech and its tokens", async () => {
  const rig = open();
  rig.meter.recordReport(REPORT);
  await expectValues(rig, {
    "vapi_calls_successful_total": 1,
    'vapi_calls_ended_total{by="hangup"}': 1,
    "vapi_call_duration_seconds_sum": 60,
    "vapi_call_setup_seconds_sum": 0.3,
    'vapi_speech_seconds_total{direction="in"}': 2,
    'vapi_speech_seconds_total{direction="out"}': 1.6,
    'vapi_speech_seconds_total{direction="heard"}': 1.5,
    'vapi_model_tokens_total{direction="in"}': 10,
    'vapi_model_tokens_total{direction="out"}': 20,
  });
});

const FAILED: ReadonlyArray<[what: string, report: Partial<CallReport>]> = [
  ["without a first frame", { setupMs: undefined, talkMs: 0 }],
  ["in which the caller heard nothing", {
    counts: { ...COUNTS, downlinkFrames: 0 },
  }],
  ["that lost its model", {
    end: { by: "model", kind: "closed", message: "1006" },
  }],
  ["that lost its shard", { end: { by: "shard" } }],
  ["that was left at a drain", { end: { by: "drain" } }],
  ["whose connection broke", { end: { by: "connection", reason: "reset" } }],
];

for (const [what, report] of FAILED) {
  Deno.test(`a call ${what} is not counted as successful`, async () => {
    const rig = open();
    rig.meter.recordReport({ ...REPORT, ...report });
    await expectValues(rig, { vapi_calls_successful_total: 0 });
  });
}

/** While it rings. */
const RANG = { answered: false, setupMs: undefined, talkMs: 0 };
const hungUp = (cause: string) => ({ end: { by: "hangup", cause } as const });

const GIVEN_UP: ReadonlyArray<[what: string, report: Partial<CallReport>]> = [
  ["cancels", hungUp("ORIGINATOR_CANCEL")],
  ["hangs up", hungUp("NORMAL_CLEARING")],
  ["is gone before FreeSWITCH could tell it", hungUp("UNSPECIFIED")],
  ["was answered somewhere else", hungUp("LOSE_RACE")],
  ["is gone before the events were subscribed to", {
    end: { by: "connection", reason: "FreeSWITCH said goodbye" },
  }],
];

for (const [what, report] of GIVEN_UP) {
  Deno.test(`a caller who ${what} while it rings has given up, which is no failure`, async () => {
    const rig = open();
    rig.meter.recordReport({ ...REPORT, ...RANG, ...report });
    await expectValues(rig, {
      vapi_calls_abandoned_total: 1,
      vapi_calls_successful_total: 0,
      [`vapi_calls_ended_total{by="${report.end!.by}"}`]: 1,
    });
  });
}

const NOT_GIVEN_UP: ReadonlyArray<[what: string, report: Partial<CallReport>]> =
  [
    ["that was answered and had no audio", {
      ...RANG,
      ...hungUp("NORMAL_CLEARING"),
      answered: true,
    }],
    ["that another node had answered, whose connection broke", {
      ...RANG,
      end: { by: "connection", reason: "reset" },
      answered: true,
    }],
    ["with no codec in common", {
      ...RANG,
      ...hungUp("INCOMPATIBLE_DESTINATION"),
    }],
    ["that the dialplan's guard ended", {
      ...RANG,
      ...hungUp("ALLOTTED_TIMEOUT"),
    }],
    ["that lost its model while it rang", {
      ...RANG,
      end: { by: "model", kind: "closed", message: "1006" },
    }],
    ["that lost its shard while it rang", { ...RANG, end: { by: "shard" } }],
    ["that went well", {}],
  ];

for (const [what, report] of NOT_GIVEN_UP) {
  Deno.test(`nobody has given up a call ${what}`, async () => {
    const rig = open();
    rig.meter.recordReport({ ...REPORT, ...report });
    await expectValues(rig, { vapi_calls_abandoned_total: 0 });
  });
}

Deno.test("a call that never had audio has no length", async () => {
  const rig = open();
  rig.meter.recordReport({ ...REPORT, setupMs: undefined, talkMs: 0 });
  await expectValues(rig, { vapi_call_duration_seconds_count: 0 });
});

Deno.test("what ended a call is counted by its kind", async () => {
  const rig = open();
  const timeout = new DOMException("late", "TimeoutError");
  const ends: CallReport["end"][] = [
    { by: "model", kind: "payment", message: "" },
    { by: "control", error: timeout },
    { by: "control", error: new TypeError("x") },
    { by: "limit" },
  ];
  for (const end of ends) rig.meter.recordReport({ ...REPORT, end });
  await expectValues(rig, {
    'vapi_model_errors_total{kind="payment"}': 1,
    'vapi_esl_errors_total{kind="timeout"}': 1,
    'vapi_esl_errors_total{kind="TypeError"}': 1,
    vapi_calls_successful_total: 1,
  });
});

Deno.test("frames are those of ended and of living calls, each once", async () => {
  const rig = open();
  const live = { counts: COUNTS } as Call;
  const ringing = { counts: undefined } as Call;
  rig.meter.publishCounts([live, ringing]);
  rig.meter.publishCounts([live, ringing]);
  await expectValues(rig, {
    'vapi_audio_frames_total{direction="uplink"}': 100,
  });
  rig.meter.recordReport(REPORT);
  rig.meter.publishCounts([live]);
  await expectValues(rig, {
    'vapi_audio_frames_total{direction="uplink"}': 200,
    'vapi_audio_frames_total{direction="concealed"}': 14,
    'vapi_audio_frames_total{direction="downlink"}': 160,
    'vapi_audio_frames_total{direction="discarded"}': 6,
    'vapi_audio_datagrams_dropped_total{reason="wrong_size"}': 8,
    'vapi_audio_datagrams_dropped_total{reason="foreign"}': 10,
    'vapi_audio_datagrams_dropped_total{reason="flood"}': 12,
    vapi_ring_overrun_frames_total: 2,
    vapi_playout_underrun_frames_total: 4,
  });
});

Deno.test("facts of sessions are counted in seconds", async () => {
  const rig = open();
  const facts: SessionFact[] = [
    { fact: "turn", latencyMs: 800 },
    { fact: "barge_in", stopMs: 20, heardMs: 500 },
    { fact: "complaint", kind: "peer", message: "odd" },
    { fact: "underrun", reason: "shard" },
    { fact: "playout_overflow", droppedMs: 1500 },
  ];
  for (const fact of facts) rig.meter.recordFact(fact, SILENT_LOG);
  await expectValues(rig, {
    vapi_stepfun_latency_sum: 0.8,
    vapi_barge_ins_total: 1,
    vapi_barge_in_stop_seconds_sum: 0.02,
    'vapi_model_complaints_total{kind="peer"}': 1,
    'vapi_playout_underruns_total{reason="shard"}': 1,
    vapi_playout_overflow_seconds_total: 1.5,
  });
});

Deno.test("a complaint's words are a fact of the line, not its message", () => {
  const lines: string[] = [];
  const sink = (line: string) => lines.push(line);
  const log = createLog({ level: "debug", sink, showPii: false });
  const { meter } = open();
  const message = "ongoing response already exists";
  meter.recordFact({ fact: "complaint", kind: "mistake", message }, log);
  meter.recordFact({ fact: "complaint", kind: "race", message }, log);
  assert.equal(lines.length, 1);
  assert.equal(JSON.parse(lines[0]).message, "The speech model complained");
  assert.ok(lines[0].includes(message));
});

Deno.test("the RTP gauges are the means of what FreeSWITCH told", async () => {
  const rig = open();
  rig.meter.recordStatistics({ jitterMs: 2, packetLossPercent: 1 });
  rig.meter.recordStatistics({ jitterMs: 4 });
  rig.meter.recordStatistics({});
  await expectValues(rig, {
    vapi_audio_rtp_jitter_ms: 3,
    vapi_audio_packet_loss_percent: 1,
  });
});
