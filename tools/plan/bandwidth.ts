import type { Load } from "./load.ts";
import type { PlanOptions } from "./options.ts";

const FRAMES_A_SECOND = 50;
const G711_FRAME_BYTES = 160;
const L16_FRAME_BYTES = 320;
const RTP_BYTES = 12;
/** UDP, IPv4 and Ethernet with its check sum. */
const DATAGRAM_BYTES = 8 + 20 + 18;
/** TCP with time stamps, IPv4 and Ethernet with its check sum. */
const SEGMENT_BYTES = 32 + 20 + 18;
const MOST_SEGMENT_PAYLOAD_BYTES = 1448;
/** A record of TLS 1.3: head, type and tag. */
const TLS_BYTES = 5 + 1 + 16;
const SAMPLE_BYTES = 2;
/** `UPLINK_BATCH_MS`, unless told otherwise. */
const UPLINK_MESSAGE_MS = 60;
const UPLINK_RATE_HZ = 16_000;
/** What StepFun's deltas hold, by recorded sessions. */
const DOWNLINK_MESSAGE_MS = 135;
const DOWNLINK_RATE_HZ = 24_000;
const UPLINK_ENVELOPE = `{"type":"input_audio_buffer.append","audio":""}`;
/** As recorded sessions have it, ids of their length. */
const DOWNLINK_ENVELOPE = JSON.stringify({
  event_id: "event_0123456789abcdef0123",
  type: "response.audio.delta",
  response_id: "resp_0123456789abcdef0123",
  item_id: "item_0123456789abcdef0123",
  output_index: 0,
  content_index: 0,
  delta: "",
});

/** Kilobits a second of one call on each path, headers included, and megabits for all places. */
export interface Bandwidth {
  /** To and from the telephone network each: RTP with G.711. */
  readonly rtpKbps: number;
  /** Between FreeSWITCH and the node each: linear samples by UDP. */
  readonly unicastKbps: number;
  /** To the model: base64 in JSON in WebSocket in TLS. */
  readonly modelUpKbps: number;
  /** From the model while it speaks. */
  readonly modelDownKbps: number;
  /** All places at once, both directions of RTP each. */
  readonly rtpMbps: number;
  readonly modelUpMbps: number;
  /** All places at once, of which the share that talks is sent to. */
  readonly modelDownMbps: number;
}

/** Bytes of the text message that carries so much of the caller's speech. */
export function uplinkMessageBytes(durationMs: number, rateHz: number): number {
  return UPLINK_ENVELOPE.length + base64Bytes(durationMs, rateHz);
}

/** What the places of a load need of the network, by calculation. */
export function findBandwidth(load: Load, options: PlanOptions): Bandwidth {
  const rtpKbps = datagramsKbps(G711_FRAME_BYTES + RTP_BYTES);
  const modelUpKbps = messagesKbps(
    uplinkMessageBytes(UPLINK_MESSAGE_MS, UPLINK_RATE_HZ),
    { durationMs: UPLINK_MESSAGE_MS, masked: true },
  );
  const modelDownKbps = messagesKbps(
    DOWNLINK_ENVELOPE.length +
      base64Bytes(DOWNLINK_MESSAGE_MS, DOWNLINK_RATE_HZ),
    { durationMs: DOWNLINK_MESSAGE_MS, masked: false },
  );
  const all = load.places / 1000;
  return {
    rtpKbps,
    unicastKbps: datagramsKbps(L16_FRAME_BYTES),
    modelUpKbps,
    modelDownKbps,
    rtpMbps: all * rtpKbps,
    modelUpMbps: all * modelUpKbps * options.listen,
    modelDownMbps: all * modelDownKbps * options.talk,
  };
}

function datagramsKbps(payloadBytes: number): number {
  return FRAMES_A_SECOND * (payloadBytes + DATAGRAM_BYTES) * 8 / 1000;
}

function base64Bytes(durationMs: number, rateHz: number): number {
  const bytes = durationMs * rateHz / 1000 * SAMPLE_BYTES;
  return 4 * Math.ceil(bytes / 3);
}

/** Acknowledgements in the other direction are left out. */
function messagesKbps(
  textBytes: number,
  { durationMs, masked }: {
    readonly durationMs: number;
    readonly masked: boolean;
  },
): number {
  const frameBytes = textBytes + (masked ? 8 : 4) + TLS_BYTES;
  const segments = Math.ceil(frameBytes / MOST_SEGMENT_PAYLOAD_BYTES);
  return (frameBytes + segments * SEGMENT_BYTES) * 8 / durationMs;
}
