import assert from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";
import { readChannel } from "../../src/esl/channel.ts";
import { readDtmfDigit, readHangupCause } from "../../src/esl/event_fields.ts";
import { readLegFormat } from "../../src/esl/leg_format.ts";
import { readRtpStatistics } from "../../src/esl/rtp_statistics.ts";

const HOSTS = { localHost: "::ffff:127.0.0.1", remoteHost: "::1" };

function format(headers: Record<string, string>) {
  return readLegFormat(new Map(Object.entries(headers)));
}

function statistics(headers: Record<string, string>) {
  return readRtpStatistics(
    new Map(
      Object.entries(headers).map((
        [name, value],
      ) => [`variable_rtp_audio_in_${name}`, value]),
    ),
  );
}

Deno.test("readChannel takes a channel without any variable", () => {
  assert.deepEqual(readChannel(new Map([["Unique-ID", "a-1"]]), HOSTS), {
    uuid: "a-1",
    line: "telephone",
    callerNumber: "",
    callerName: "",
    calledNumber: "",
    assistantId: "",
    answered: false,
    held: false,
    transferFailed: undefined,
    localHost: "127.0.0.1",
    remoteHost: "::1",
  });
});

Deno.test("readChannel cuts texts and replaces control characters", () => {
  const headers = new Map([
    ["Unique-ID", "a"],
    ["Caller-Caller-ID-Name", "a\r\nb" + "x".repeat(1000)],
    ["variable_vapi_assistant_id", "hotel"],
  ]);
  const channel = readChannel(headers, HOSTS);
  assert.equal(channel.callerName.slice(0, 5), "a  bx");
  assert.equal(channel.callerName.length, 256);
  assert.equal(channel.assistantId, "hotel");
});

for (const uuid of ["", "a b", "a\nb", "a;b", "x".repeat(129)]) {
  Deno.test(`readChannel refuses the id ${JSON.stringify(uuid.slice(0, 9))} of ${uuid.length}`, () => {
    const headers = new Map([["Unique-ID", uuid]]);
    assert.throws(() => readChannel(headers, HOSTS), ProtocolError);
  });
}

Deno.test("readLegFormat takes the actual rate of G.722, not its RTP clock", () => {
  assert.deepEqual(
    format({
      "Channel-Read-Codec-Name": "G722",
      "Channel-Read-Codec-Rate": "16000",
      "Channel-Reported-Read-Codec-Rate": "8000",
      "variable_rtp_use_codec_rate": "8000",
      "variable_rtp_use_codec_ptime": "20",
    }),
    { codec: "G722", rateHz: 16000, frameMs: 20 },
  );
});

Deno.test("readLegFormat takes the variables where the channel has no codec headers", () => {
  assert.deepEqual(
    format({
      "variable_read_codec": "opus",
      "variable_read_rate": "48000",
      "variable_rtp_use_codec_ptime": "60",
    }),
    { codec: "opus", rateHz: 48000, frameMs: 60 },
  );
  assert.deepEqual(format({ "variable_read_rate": "8000" }), {
    codec: "unknown",
    rateHz: 8000,
    frameMs: 20,
  });
  assert.equal(format({ "variable_rtp_use_codec_rate": "8000" }), undefined);
});

for (
  const [rate, ptime] of [
    ["0", "20"],
    ["-8000", "20"],
    ["96000", "20"],
    ["8e3", "20"],
    ["", "20"],
    ["8000", "0"],
    ["8000", "500"],
    ["8000", "x"],
    ["11025", "10"],
  ]
) {
  Deno.test(`readLegFormat refuses ${rate} Hz in ${ptime} ms`, () => {
    assert.throws(() =>
      format({
        "Channel-Read-Codec-Rate": rate,
        "variable_rtp_use_codec_ptime": ptime,
      }), ProtocolError);
  });
}

Deno.test("readRtpStatistics computes jitter and loss from FreeSWITCH's counts", () => {
  assert.deepEqual(
    statistics({
      packet_count: "97",
      skip_packet_count: "50",
      flaw_total: "3",
      jitter_max_variance: "2.25",
      mos: "4.20",
    }),
    { jitterMs: 1.5, packetLossPercent: 3, meanOpinionScore: 4.2 },
  );
});

Deno.test("readRtpStatistics leaves out what was not measured", () => {
  assert.deepEqual(statistics({}), {});
  assert.deepEqual(statistics({ packet_count: "0", mos: "4.50" }), {});
  assert.deepEqual(
    statistics({
      packet_count: "5",
      flaw_total: "-1",
      jitter_max_variance: "nan",
      mos: "0.00",
    }),
    {},
  );
});

Deno.test("a hang-up cause and a key are tokens or nothing", () => {
  const cause = (text: string) =>
    readHangupCause(new Map([["Hangup-Cause", text]]));
  assert.equal(cause("USER_BUSY"), "USER_BUSY");
  assert.equal(cause("user busy\n"), "UNSPECIFIED");
  assert.equal(readHangupCause(new Map()), "UNSPECIFIED");
  const key = (text: string) => readDtmfDigit(new Map([["DTMF-Digit", text]]));
  assert.deepEqual(["5", "*", "#", "d"].map(key), ["5", "*", "#", "D"]);
  assert.deepEqual(["", "F", "55", "\n"].map(key), Array(4).fill(undefined));
});
