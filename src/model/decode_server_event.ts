import type { ModelUsage, ResponseStatus } from "../shard/speech_model.ts";
import { LONGEST_ARGUMENTS } from "./called_functions.ts";
import { decodePcm } from "./pcm_base64.ts";
import { quotePeer } from "./peer_text.ts";
import type { ServerEventType } from "./profile.ts";
import type { EventOrigin, ServerEvent } from "./server_event.ts";

/** The longest frame that is read, in characters. */
export const LONGEST_FRAME = 4 * 1024 * 1024;
const LONGEST_ID = 256;
/** What a function may be called; other names could carry personal data into a log. */
const FUNCTION_NAME = /^[\w.-]{1,64}$/;
/** More than any response can have used. */
const MOST_TOKENS = 1e9;

type Fields = Readonly<Record<string, unknown>>;
const IGNORED: ServerEvent = { type: "ignored" };
/** Every other one is a supplier's own word for a response that is whole. */
const STATUSES: ReadonlyMap<unknown, ResponseStatus> = new Map([
  ["cancelled", "cancelled"],
  ["canceled", "cancelled"],
  ["incomplete", "incomplete"],
  ["failed", "failed"],
]);

/**
 * Decodes one WebSocket message with a supplier's event names. Worker thread.
 * Never throws: what breaks the protocol is a `violation`, a type outside
 * `names` is `unknown`.
 */
export function decodeServerEvent(
  data: unknown,
  names: ReadonlyMap<string, ServerEventType>,
): ServerEvent {
  if (typeof data !== "string") return violation("a binary frame");
  if (data.length > LONGEST_FRAME) {
    return violation(`a frame of ${data.length} characters`);
  }
  let fields: unknown;
  try {
    fields = JSON.parse(data);
  } catch {
    return violation("a frame that is not JSON");
  }
  if (!isFields(fields)) return violation("a frame that is not an object");
  if (typeof fields.type !== "string") return violation("an untyped event");
  const type = names.get(fields.type);
  if (type === undefined) {
    return { type: "unknown", name: quotePeer(fields.type) };
  }
  // First, because nine events in ten are audio.
  return type === "audio" ? decodeAudio(fields) : decodeOther(type, fields);
}

function decodeAudio(fields: Fields): ServerEvent {
  const delta = fields.delta ?? "";
  if (typeof delta !== "string") {
    return violation("an audio delta that is not text");
  }
  const pcm = decodePcm(delta);
  if (pcm === undefined) return violation("audio that is not base64");
  return {
    type: "audio",
    responseId: idOf(fields.response_id),
    itemId: idOf(fields.item_id),
    samples: pcm.samples,
    oddByte: pcm.oddByte,
  };
}

// One row an event: longer than most functions, and no clearer in pieces.
function decodeOther(type: ServerEventType, fields: Fields): ServerEvent {
  switch (type) {
    case "session_created":
    case "session_updated":
      return { type };
    case "speech_started":
    case "speech_stopped":
    case "speech_committed":
      return { type, itemId: idOf(fields.item_id) };
    case "error":
      return decodeError(fields);
    case "caller_partial":
      return { type, itemId: idOf(fields.item_id), text: textOf(fields.delta) };
    case "caller_said": {
      const text = textOf(fields.transcript);
      return { type, itemId: idOf(fields.item_id), text };
    }
    case "audio_done":
      return { type, ...originOf(fields) };
    case "spoken_partial":
    case "written_partial":
      return { type, ...originOf(fields), text: textOf(fields.delta) };
    case "spoken":
      return { type, ...originOf(fields), text: textOf(fields.transcript) };
    case "written":
      return { type, ...originOf(fields), text: textOf(fields.text) };
    case "response_item":
      return decodeItem(fields);
    case "response_item_done":
      return decodeItemDone(fields);
    case "function_piece": {
      const callId = idOf(fields.call_id);
      const piece = textOf(fields.delta);
      return { type, ...originOf(fields), callId, arguments: piece };
    }
    case "function_call":
      return decodeFunction(type, fields, fields);
    case "response_created":
    case "response_cancelled":
      return { type, responseId: responseIdOf(fields) };
    case "response_done":
      return decodeDone(fields);
    default:
      return IGNORED;
  }
}

function decodeError(fields: Fields): ServerEvent {
  const error = isFields(fields.error) ? fields.error : fields;
  const words = typeof fields.error === "string" ? fields.error : error.message;
  return {
    type: "error",
    message: quotePeer(textOf(words) ?? "no message"),
    // The frame's own type is "error" and says nothing.
    errorType: error === fields ? "" : quotePeer(textOf(error.type) ?? ""),
    code: quotePeer(String(textOf(error.code) ?? numberOf(error.code) ?? "")),
  };
}

function decodeItem(fields: Fields): ServerEvent {
  const item = isFields(fields.item) ? fields.item : {};
  if (item.type === "function_call") {
    return decodeFunction("function_named", fields, item);
  }
  // Only a message is spoken, so only a message can be cut short.
  if (item.type !== undefined && item.type !== "message") return IGNORED;
  const itemId = idOf(item.id) ?? idOf(fields.item_id);
  return { type: "response_item", responseId: responseIdOf(fields), itemId };
}

function decodeItemDone(fields: Fields): ServerEvent {
  const item = isFields(fields.item) ? fields.item : {};
  const isCall = item.type === "function_call" && !STATUSES.has(item.status);
  return isCall ? decodeFunction("function_item", fields, item) : IGNORED;
}

/** The fields of a call stand in its event or in its item; what is missing there may be told by another one. */
function decodeFunction(
  type: "function_named" | "function_call" | "function_item",
  fields: Fields,
  call: Fields,
): ServerEvent {
  // Of an item that is announced they are not complete.
  const words = type === "function_named" ? undefined : textOf(call.arguments);
  if (words !== undefined && words.length > LONGEST_ARGUMENTS) {
    return violation(`a function call of ${words.length} characters`);
  }
  return {
    type,
    responseId: responseIdOf(fields),
    itemId: (call === fields ? undefined : idOf(call.id)) ??
      idOf(fields.item_id),
    callId: idOf(call.call_id),
    name: functionNameOf(call.name),
    arguments: words,
  };
}

function functionNameOf(value: unknown): string | undefined {
  return typeof value === "string" && FUNCTION_NAME.test(value)
    ? value
    : undefined;
}

function decodeDone(fields: Fields): ServerEvent {
  const response = isFields(fields.response) ? fields.response : {};
  const details = isFields(response.status_details)
    ? response.status_details
    : {};
  const error = isFields(details.error) ? details.error : details;
  const reason = textOf(error.message) ?? textOf(error.reason);
  return {
    type: "response_done",
    responseId: responseIdOf(fields),
    status: STATUSES.get(response.status) ?? "completed",
    usage: usageOf(response.usage),
    reason: reason === undefined ? undefined : quotePeer(reason),
  };
}

function usageOf(value: unknown): ModelUsage | undefined {
  if (!isFields(value)) return undefined;
  const inputTokens = numberOf(value.input_tokens);
  const outputTokens = numberOf(value.output_tokens);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  // A sum that is no finite number would be refused by the counters, and the call's report be lost.
  if (Math.max(inputTokens, outputTokens) > MOST_TOKENS) return undefined;
  return { inputTokens, outputTokens };
}

function originOf(fields: Fields): EventOrigin {
  return { responseId: responseIdOf(fields), itemId: idOf(fields.item_id) };
}

function responseIdOf(fields: Fields): string | undefined {
  const nested = isFields(fields.response) ? idOf(fields.response.id) : null;
  return nested ?? idOf(fields.response_id);
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return value !== "" && value.length <= LONGEST_ID ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  const usable = typeof value === "number" && Number.isFinite(value) &&
    value >= 0;
  return usable ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function violation(message: string): ServerEvent {
  return { type: "violation", message };
}
