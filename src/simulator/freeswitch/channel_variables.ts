// The variables of a recorded SIP call, in their recorded order.
import { type Channel, setVariables } from "./channel.ts";
import { callerSdp, codecSpec, ownSdp, PAYLOAD_TYPES } from "./sdp.ts";

const SIP_PORT = 5079;

/** What differs from call to call of one machine. */
export interface LineIdentity {
  /** Counts the calls of the machine from 1. */
  readonly sessionId: number;
  /** Port that FreeSWITCH would use for RTP. */
  readonly rtpPort: number;
}

/** Sets what a channel knows from the INVITE on. */
export function setSignallingVariables(
  channel: Channel,
  line: LineIdentity,
) {
  const caller = channel.callerNumber;
  const called = channel.calledNumber;
  const own = "127.0.0.1:5060";
  setVariables(channel, [
    ["direction", "inbound"],
    ["uuid", channel.uuid],
    ["session_id", line.sessionId],
    ["sip_from_user", caller],
    ["sip_from_port", SIP_PORT],
    ["sip_from_uri", `${caller}@127.0.0.1:${SIP_PORT}`],
    ["sip_from_host", "127.0.0.1"],
    ["video_media_flow", "disabled"],
    ["text_media_flow", "disabled"],
    ["channel_name", channel.name],
    ["sip_call_id", sipCallId(line)],
    ["sip_local_network_addr", "127.0.0.1"],
    ["sip_network_ip", "127.0.0.1"],
    ["sip_network_port", SIP_PORT],
    ["sip_invite_stamp", channel.times.createdUs],
    ["sip_received_ip", "127.0.0.1"],
    ["sip_received_port", SIP_PORT],
    ["sip_via_protocol", "udp"],
    ["sip_from_user_stripped", caller],
    ["sip_from_tag", sipTag(line)],
    ["sofia_profile_name", "internal"],
    ["sofia_profile_url", `sip:mod_sofia@${own}`],
    ["recovery_profile_name", "internal"],
    ["sip_full_via", sipVia(line, 0)],
    ["sip_from_display", channel.callerName],
    ["sip_full_from", fullFrom(channel, line)],
    ["sip_full_to", `<sip:${called}@${own}>`],
    ["sip_req_user", called],
    ["sip_req_port", 5060],
    ["sip_req_uri", `${called}@${own}`],
    ["sip_req_host", "127.0.0.1"],
    ["sip_to_user", called],
    ["sip_to_port", 5060],
    ["sip_to_uri", `${called}@${own}`],
    ["sip_to_host", "127.0.0.1"],
    ["sip_contact_user", "sipp"],
    ["sip_contact_port", SIP_PORT],
    ["sip_contact_uri", `sipp@127.0.0.1:${SIP_PORT}`],
    ["sip_contact_host", "127.0.0.1"],
    ["sip_via_host", "127.0.0.1"],
    ["sip_via_port", SIP_PORT],
    ["max_forwards", 70],
    ["switch_r_sdp", callerSdp(channel.codec)],
    ["ep_codec_string", `CORE_PCM_MODULE.${codecSpec(channel.codec)}@64000b`],
  ]);
}

/** Sets what a channel knows once it has audio; `disposition` is `ANSWER` or `EARLY MEDIA`. */
export function setMediaVariables(
  channel: Channel,
  { line, disposition }: { line: LineIdentity; disposition: string },
) {
  const { codec } = channel;
  const payload = PAYLOAD_TYPES[codec.name];
  setVariables(channel, [
    ["rtp_use_codec_string", "PCMA,PCMU"],
    ["remote_video_media_flow", "inactive"],
    ["remote_text_media_flow", "inactive"],
    ["remote_audio_media_flow", "sendrecv"],
    ["audio_media_flow", "sendrecv"],
  ]);
  setCodecVariables(channel);
  setVariables(channel, [
    ["dtmf_type", "info"],
    ["call_uuid", channel.uuid],
    ["rtp_local_sdp_str", ownSdp(codec, line.rtpPort)],
    ["local_media_ip", "127.0.0.1"],
    ["local_media_port", line.rtpPort],
    ["advertised_media_ip", "127.0.0.1"],
    ["rtp_use_timer_name", "soft"],
    ["rtp_use_pt", payload],
    ["rtp_use_ssrc", 185_000_000 + line.sessionId],
    ["remote_media_ip", "127.0.0.1"],
    ["remote_media_port", 6500],
    ["endpoint_disposition", disposition],
  ]);
}

/** Sets what a channel knows of its codec. */
export function setCodecVariables(channel: Channel) {
  const { codec } = channel;
  setVariables(channel, [
    ["rtp_audio_recv_pt", PAYLOAD_TYPES[codec.name]],
    ["rtp_use_codec_name", codec.name],
    ["rtp_use_codec_rate", codec.rateHz],
    ["rtp_use_codec_ptime", codec.frameMs],
    ["rtp_use_codec_channels", 1],
    ["rtp_last_audio_codec_string", `${codecSpec(codec)}@1c`],
    ["read_codec", codec.name],
    ["original_read_codec", codec.name],
    ["read_rate", codec.rateHz],
    ["original_read_rate", codec.rateHz],
    ["write_codec", codec.name],
    ["write_rate", codec.rateHz],
  ]);
}

/** Sets what the caller's ACK adds to an answered channel. */
export function setAcknowledgedVariables(
  channel: Channel,
  line: LineIdentity,
) {
  const toTag = `SIM${line.sessionId}tag`;
  setVariables(channel, [
    ["sip_to_tag", toTag],
    ["sip_from_tag", sipTag(line)],
    ["sip_cseq", 1],
    ["sip_call_id", sipCallId(line)],
    ["sip_full_via", sipVia(line, 5)],
    ["sip_from_display", channel.callerName],
    ["sip_full_from", fullFrom(channel, line)],
    [
      "sip_full_to",
      `<sip:${channel.calledNumber}@127.0.0.1:5060>;tag=${toTag}`,
    ],
  ]);
}

/** Sets what a BYE of the caller leaves behind. */
export function setByeVariables(channel: Channel) {
  setVariables(channel, [
    ["sip_term_status", 200],
    ["proto_specific_hangup_cause", "sip:200"],
    ["sip_term_cause", 16],
  ]);
}

function sipCallId({ sessionId }: LineIdentity): string {
  return `${sessionId}-11761@127.0.0.1`;
}

function sipTag({ sessionId }: LineIdentity): string {
  return `11761SIPpTag${String(sessionId).padStart(3, "0")}`;
}

function sipVia({ sessionId }: LineIdentity, transaction: number): string {
  return `SIP/2.0/UDP 127.0.0.1:${SIP_PORT};branch=z9hG4bK-11761-${sessionId}-${transaction}`;
}

function fullFrom(channel: Channel, line: LineIdentity): string {
  const { callerName, callerNumber } = channel;
  return `"${callerName}" <sip:${callerNumber}@127.0.0.1:${SIP_PORT}>;tag=${
    sipTag(line)
  }`;
}
