import { ModelError, type ModelFailure } from "../shard/speech_model.ts";
import type { SocketEnd } from "./model_socket.ts";
import { quotePeer } from "./peer_text.ts";

/** What an HTTP status or an error code of the same meaning stands for; undefined when for nothing. */
export function statusFailure(status: number): ModelFailure | undefined {
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 402) return "payment";
  if (status === 400 || status === 404) return "not_found";
  if (status === 408) return "timeout";
  if (status === 429) return "rate_limited";
  if (status === 451) return "moderated";
  return status >= 500 && status <= 599 ? "overloaded" : undefined;
}

const BAD_ANSWER = /upgrade header|Sec-WebSocket|invalid HTTP/i;

/** Why a WebSocket never opened. Worker thread. */
export function upgradeFailure({ status, error }: SocketEnd): ModelError {
  if (status !== undefined) {
    return new ModelError(
      statusFailure(status) ?? "protocol",
      `Cannot open the model: its upgrade was answered with ${status}`,
    );
  }
  return new ModelError(
    BAD_ANSWER.test(error) ? "protocol" : "unreachable",
    `Cannot open the model: ${quotePeer(error)}`,
  );
}
