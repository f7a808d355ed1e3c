import type { CallStats, Codec, LineQuality } from "./call_options.ts";
import { type Channel, setVariables, type Variable } from "./channel.ts";

/** What CHANNEL_HANGUP_COMPLETE tells beyond the channel itself. */
export interface FinalReport {
  readonly digits: string;
  readonly endUs: number;
  readonly stats: CallStats;
  readonly line?: LineQuality;
}

/** Sets the times and the RTP statistics of a channel that has ended. */
export function setFinalVariables(channel: Channel, report: FinalReport) {
  const { variables } = channel;
  const lastApplication = variables.get("current_application") ?? "";
  const lastArgument = variables.get("current_application_data") ?? "";
  setVariables(channel, [
    ["hangup_cause", channel.cause],
    ["hangup_cause_q850", channel.cause === "NORMAL_CLEARING" ? 16 : 0],
    ["digits_dialed", report.digits === "" ? "none" : report.digits],
    ...times(channel, report.endUs),
    ["last_app", lastApplication],
    ["last_arg", lastArgument],
    ["caller_id", `"${channel.callerName}" <${channel.callerNumber}>`],
    ...durations(channel, report.endUs),
  ]);
  if (channel.hasMedia) {
    setVariables(channel, rtpStatistics(channel.codec, report));
  }
}

function times({ times }: Channel, endUs: number): Variable[] {
  const stamps: Variable[] = [
    ["start_stamp", stamp(times.createdUs)],
    ["profile_start_stamp", stamp(times.createdUs)],
  ];
  if (times.answeredUs > 0) {
    stamps.push(["answer_stamp", stamp(times.answeredUs)]);
  }
  stamps.push(["end_stamp", stamp(endUs)]);
  return [
    ...stamps,
    ...epoch("start", times.createdUs),
    ...epoch("profile_start", times.createdUs),
    ...epoch("answer", times.answeredUs),
    ...epoch("bridge", 0),
    ...epoch("last_hold", 0),
    ["hold_accum_seconds", 0],
    ["hold_accum_usec", 0],
    ["hold_accum_ms", 0],
    ...epoch("resurrect", 0),
    ...epoch("progress", 0),
    ...epoch("progress_media", 0),
    ...epoch("end", endUs),
  ];
}

const UNITS = [["sec", 1e6], ["msec", 1e3], ["usec", 1]] as const;

function durations({ times }: Channel, endUs: number): Variable[] {
  const totalUs = endUs - times.createdUs;
  const billUs = times.answeredUs === 0 ? 0 : endUs - times.answeredUs;
  const answerUs = times.answeredUs === 0
    ? 0
    : times.answeredUs - times.createdUs;
  return UNITS.flatMap(([unit, divisor]): Variable[] => {
    const whole = (us: number) => Math.round(us / divisor);
    const total = unit === "sec" ? "duration" : `${unit[0]}duration`;
    return [
      [total, whole(totalUs)],
      [`bill${unit}`, whole(billUs)],
      [`progress${unit}`, 0],
      [`answer${unit}`, whole(answerUs)],
      [`wait${unit}`, 0],
      [`progress_media${unit}`, 0],
      [`flow_bill${unit}`, whole(totalUs)],
    ];
  });
}

function rtpStatistics(codec: Codec, report: FinalReport): Variable[] {
  const { stats, line } = report;
  const codecBytes = 160 * codec.frameMs / 20;
  const received = stats.framesSent;
  const written = stats.framesHeard + stats.silences;
  const loss = line?.lossPercent ?? 0;
  const side = (name: string, packets: number): Variable[] => [
    [`rtp_audio_${name}_raw_bytes`, packets * (codecBytes + 12)],
    [`rtp_audio_${name}_media_bytes`, packets * (codecBytes + 12)],
    [`rtp_audio_${name}_packet_count`, packets],
    [`rtp_audio_${name}_media_packet_count`, packets],
    [`rtp_audio_${name}_skip_packet_count`, 0],
  ];
  return [
    ...side("in", received),
    ["rtp_audio_in_jitter_packet_count", 0],
    ["rtp_audio_in_dtmf_packet_count", 0],
    ["rtp_audio_in_cng_packet_count", 0],
    ["rtp_audio_in_flush_packet_count", 0],
    ["rtp_audio_in_largest_jb_size", 0],
    ["rtp_audio_in_jitter_min_variance", "40.00"],
    [
      "rtp_audio_in_jitter_max_variance",
      (line?.maxVariance ?? 276.74).toFixed(2),
    ],
    ["rtp_audio_in_jitter_loss_rate", (loss / 100).toFixed(2)],
    ["rtp_audio_in_jitter_burst_rate", "0.00"],
    ["rtp_audio_in_mean_interval", codec.frameMs.toFixed(2)],
    ["rtp_audio_in_flaw_total", Math.round(received * loss / 100)],
    ["rtp_audio_in_quality_percentage", (100 - loss).toFixed(2)],
    ["rtp_audio_in_mos", (line?.meanOpinionScore ?? 4.5).toFixed(2)],
    ...side("out", written),
    ["rtp_audio_out_dtmf_packet_count", 0],
    ["rtp_audio_out_cng_packet_count", 0],
    ["rtp_audio_rtcp_packet_count", 0],
    ["rtp_audio_rtcp_octet_count", 0],
  ];
}

function epoch(name: string, us: number): Variable[] {
  return [
    [`${name}_epoch`, Math.floor(us / 1e6)],
    [`${name}_uepoch`, us],
  ];
}

function stamp(us: number): string {
  return new Date(us / 1000).toISOString().slice(0, 19).replace("T", " ");
}
