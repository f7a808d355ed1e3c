import type { ClientEventNames, ServerEventType } from "./profile.ts";

/** What all suppliers of this protocol call what a client sends. Any thread. */
export const CLIENT_EVENTS: ClientEventNames = {
  updateSession: "session.update",
  appendAudio: "input_audio_buffer.append",
  createItem: "conversation.item.create",
  truncateItem: "conversation.item.truncate",
  createResponse: "response.create",
  cancelResponse: "response.cancel",
};

/** What takes an item out of the history, where a supplier knows such an event. Any thread. */
export const DELETE_ITEM = "conversation.item.delete";

/** The events of a supplier that all of them call the same. Any thread. */
export const SHARED_SERVER_EVENTS: ReadonlyMap<string, ServerEventType> =
  new Map<string, ServerEventType>([
    ["session.created", "session_created"],
    ["session.updated", "session_updated"],
    ["error", "error"],
    ["input_audio_buffer.speech_started", "speech_started"],
    ["input_audio_buffer.speech_stopped", "speech_stopped"],
    ["input_audio_buffer.committed", "speech_committed"],
    ["input_audio_buffer.cleared", "ignored"],
    ["conversation.item.created", "ignored"],
    ["conversation.item.deleted", "ignored"],
    ["conversation.item.truncated", "ignored"],
    ["conversation.item.input_audio_transcription.completed", "caller_said"],
    ["response.created", "response_created"],
    ["response.output_item.added", "response_item"],
    ["response.output_item.done", "response_item_done"],
    ["response.content_part.added", "ignored"],
    ["response.content_part.done", "ignored"],
    ["response.function_call_arguments.delta", "function_piece"],
    ["response.function_call_arguments.done", "function_call"],
    ["response.done", "response_done"],
  ]);

/** What StepFun and Qwen call the parts of an answer. Any thread. */
export const ANSWER_EVENTS: ReadonlyMap<string, ServerEventType> = new Map<
  string,
  ServerEventType
>([
  ["response.audio.delta", "audio"],
  ["response.audio.done", "audio_done"],
  ["response.audio_transcript.delta", "spoken_partial"],
  ["response.audio_transcript.done", "spoken"],
  ["response.text.delta", "written_partial"],
  ["response.text.done", "written"],
]);
