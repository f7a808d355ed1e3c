import type { ConversationEvents, ModelError } from "../shard/speech_model.ts";
import type { ClientEvents } from "./client_event.ts";
import type { ModelProfile } from "./profile.ts";

/** What a conversation needs. */
export interface ConversationOptions {
  readonly profile: ModelProfile;
  readonly encode: ClientEvents;
  readonly events: ConversationEvents;
  readonly send: (frame: string) => void;
  /** The peer said that the session cannot go on. */
  readonly fail: (failure: ModelError) => void;
  readonly responseTimeoutMs: number;
  /** How long the end of a cancelled response is waited for. */
  readonly settleTimeoutMs: number;
}
