import { ProtocolError } from "../errors.ts";
import type { LegFormat } from "../router/call_control.ts";
import type { EslHeaders } from "./esl_message.ts";
import { plainText } from "./plain_text.ts";

/**
 * Reads the format in which unicast carries the channel's audio; undefined when
 * the headers do not tell. Any thread. Its rate is the read codec's actual one
 * (`Channel-Read-Codec-Rate`, or the variable `read_rate`), not
 * `rtp_use_codec_rate`, the RTP clock, which says 8000 for G.722's 16000. A
 * packet time that is missing counts as 20 ms. Throws ProtocolError for a rate
 * outside 8000 to 48000 Hz, or a frame that is not a whole number of samples.
 */
export function readLegFormat(headers: EslHeaders): LegFormat | undefined {
  const rate = headers.get("Channel-Read-Codec-Rate") ??
    headers.get("variable_read_rate");
  if (rate === undefined) return undefined;
  const ptime = headers.get("variable_rtp_use_codec_ptime") ?? "20";
  const rateHz = /^\d{4,5}$/.test(rate) ? Number(rate) : 0;
  const frameMs = /^\d{1,3}$/.test(ptime) ? Number(ptime) : 0;
  const valid = rateHz >= 8000 && rateHz <= 48000 && frameMs >= 10 &&
    frameMs <= 120 && rateHz * frameMs % 1000 === 0;
  if (!valid) {
    throw new ProtocolError(
      `Cannot read the audio's format: it must be 8000 to 48000 Hz in frames of 10 to 120 ms, got ${
        JSON.stringify([rate.slice(0, 20), ptime.slice(0, 20)])
      }`,
    );
  }
  const codec = headers.get("Channel-Read-Codec-Name") ??
    headers.get("variable_read_codec");
  return { codec: plainText(codec) || "unknown", rateHz, frameMs };
}
