/**
 * Names of the events that StepFun sends, by their role here. Source:
 * StepFun's documentation of /v1/realtime. Any thread.
 */
export const STEPFUN_SERVER_EVENTS = {
  sessionCreated: "session.created",
  sessionUpdated: "session.updated",
  error: "error",
  speechStarted: "input_audio_buffer.speech_started",
  speechStopped: "input_audio_buffer.speech_stopped",
  committed: "input_audio_buffer.committed",
  cleared: "input_audio_buffer.cleared",
  itemCreated: "conversation.item.created",
  itemDone: "",
  itemDeleted: "conversation.item.deleted",
  itemTruncated: "conversation.item.truncated",
  transcriptionDelta: "conversation.item.input_audio_transcription.delta",
  transcriptionCompleted:
    "conversation.item.input_audio_transcription.completed",
  responseCreated: "response.created",
  outputItemAdded: "response.output_item.added",
  outputItemDone: "response.output_item.done",
  contentPartAdded: "response.content_part.added",
  contentPartDone: "response.content_part.done",
  audioDelta: "response.audio.delta",
  audioDone: "response.audio.done",
  audioTranscriptDelta: "response.audio_transcript.delta",
  audioTranscriptDone: "response.audio_transcript.done",
  thinkingDelta: "response.thinking.delta",
  thinkingDone: "response.thinking.done",
  argumentsDelta: "response.function_call_arguments.delta",
  argumentsDone: "response.function_call_arguments.done",
  responseCancelled: "response.cancelled",
  responseDone: "response.done",
} as const;

/** The role of an event that the service sends. */
export type ServerEventKey = keyof typeof STEPFUN_SERVER_EVENTS;

/** A dialect's names for what the service sends; empty where it sends no such event. */
export type ServerEventNames = Readonly<Record<ServerEventKey, string>>;

/** Names of the events that Qwen sends. Source: Model Studio's reference of Qwen-Omni-Realtime. Any thread. */
export const QWEN_SERVER_EVENTS: ServerEventNames = {
  ...STEPFUN_SERVER_EVENTS,
  thinkingDelta: "",
  thinkingDone: "",
  responseCancelled: "",
};

/** Names of the events that OpenAI sends. Source: OpenAI's reference of the Realtime server events. Any thread. */
export const OPENAI_SERVER_EVENTS: ServerEventNames = {
  ...QWEN_SERVER_EVENTS,
  itemCreated: "conversation.item.added",
  itemDone: "conversation.item.done",
  audioDelta: "response.output_audio.delta",
  audioDone: "response.output_audio.done",
  audioTranscriptDelta: "response.output_audio_transcript.delta",
  audioTranscriptDone: "response.output_audio_transcript.done",
};

/** What the service understands, by name. Source as above. Any thread. */
export const STEPFUN_CLIENT_EVENTS = {
  "session.update": "sessionUpdate",
  "input_audio_buffer.append": "append",
  "input_audio_buffer.commit": "commit",
  "input_audio_buffer.clear": "clear",
  "conversation.item.create": "itemCreate",
  "conversation.item.delete": "itemDelete",
  "conversation.item.truncate": "itemTruncate",
  "response.create": "responseCreate",
  "response.cancel": "responseCancel",
} as const;

/** The role of an event that a client sends. */
export type ClientEventKey =
  (typeof STEPFUN_CLIENT_EVENTS)[keyof typeof STEPFUN_CLIENT_EVENTS];

/** A dialect's names for what a client sends. */
export type ClientEventNames = Readonly<Record<string, ClientEventKey>>;
