import type { ConversationEvents } from "../shard/speech_model.ts";

/** Hears everything and does nothing; takes the place of a receiver that must hear no more. Any thread. */
export const SILENT_EVENTS: ConversationEvents = {
  speechStarted() {},
  speechStopped() {},
  responseStarted() {},
  audio() {},
  audioEnded() {},
  responseEnded() {},
  callerSaid() {},
  assistantSaid() {},
  functionCalled() {},
  complaint() {},
  closed() {},
};
