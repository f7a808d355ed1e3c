import type { RtpStatistics } from "../router/call_control.ts";
import type { EslHeaders } from "./esl_message.ts";

/**
 * Reads what FreeSWITCH measured of the caller's audio, from the
 * `variable_rtp_audio_in_*` of CHANNEL_HANGUP_COMPLETE. Any thread. Empty when
 * no packet came. FreeSWITCH keeps the variance of the packets' intervals in
 * ms², so the jitter is √(jitter_max_variance), its worst standard deviation in
 * ms. Its flaws are the packets missing from the sequence (and a penalty for
 * each in a row), so the loss is 100 · flaw_total / (packet_count + flaw_total);
 * skip_packet_count also counts silence of the caller and is left alone.
 */
export function readRtpStatistics(headers: EslHeaders): RtpStatistics {
  const packets = measured(headers, "packet_count");
  if (packets === undefined || packets === 0) return {};
  const variance = measured(headers, "jitter_max_variance");
  const flaws = measured(headers, "flaw_total");
  const score = measured(headers, "mos");
  return {
    ...(variance !== undefined && { jitterMs: Math.sqrt(variance) }),
    ...(flaws !== undefined &&
      { packetLossPercent: 100 * flaws / (packets + flaws) }),
    ...(score !== undefined && score >= 1 && score <= 5 &&
      { meanOpinionScore: score }),
  };
}

function measured(headers: EslHeaders, name: string): number | undefined {
  const text = headers.get(`variable_rtp_audio_in_${name}`) ?? "";
  return /^\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
}
