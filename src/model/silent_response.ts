import type { ResponseStatus } from "../shard/speech_model.ts";
import type { RunningResponse } from "./running_response.ts";

/** How the peer says that a response ended. */
export interface ResponseVerdict {
  readonly status: ResponseStatus;
  /** Why it failed, in the peer's words. */
  readonly reason?: string;
}

/**
 * What is wrong with a response that the peer has ended, undefined when
 * nothing is. A caller hears nothing of a response without audio, so each one
 * is named, whatever its status. Worker thread.
 */
export function complaintAbout(
  response: RunningResponse,
  { status, reason }: ResponseVerdict,
): string | undefined {
  const why = reason === undefined ? "" : `: ${reason}`;
  if (status === "failed") return `the response failed${why}`;
  if (response.samples > 0 || response.callIds.length > 0) return undefined;
  if (status === "cancelled") return undefined;
  const text = response.spoken.text || response.written.text;
  return text.trim() === ""
    ? `the response has neither audio nor text${why}`
    : `the response has a transcript of ${text.length} characters and no audio: the caller hears nothing${why}`;
}
