import type { SpeechEnvelope } from "./model_socket.ts";
import type { ModelProfile, Persona } from "./profile.ts";

/** What {@linkcode ClientEvents.truncateItem} needs. */
export interface Truncation {
  readonly itemId: string;
  readonly heardMs: number;
}

const encoder = new TextEncoder();

/** Encodes what one conversation sends, each with an id of its own. Worker thread. */
export class ClientEvents {
  /** Speech of the caller goes between: base64 needs no escaping, so the frame is put together by bytes. */
  readonly appendAudio: SpeechEnvelope;
  readonly #profile: ModelProfile;
  #sent = 0;

  constructor(profile: ModelProfile) {
    this.#profile = profile;
    const type = JSON.stringify(profile.clientEvents.appendAudio);
    this.appendAudio = {
      before: encoder.encode(`{"type":${type},"audio":"`),
      after: encoder.encode('"}'),
    };
  }

  /** The session's configuration, whole; it never names the model, which would end the connection. */
  updateSession(persona: Persona): string {
    const session = this.#profile.session(persona);
    return this.#encode(this.#profile.clientEvents.updateSession, { session });
  }

  /** A message of the user as text. */
  createUserMessage(text: string): string {
    const content = [{ type: "input_text", text }];
    return this.#createItem({ type: "message", role: "user", content });
  }

  /** A message that the assistant has said in another conversation, as text. */
  createAssistantMessage(text: string): string {
    const content = [{ type: this.#profile.assistantContent, text }];
    return this.#createItem({ type: "message", role: "assistant", content });
  }

  /** What a function that the model called has returned. */
  createFunctionOutput(callId: string, output: string): string {
    const type = "function_call_output";
    return this.#createItem({ type, call_id: callId, output });
  }

  /** Asks for an answer. */
  createResponse(): string {
    return this.#encode(this.#profile.clientEvents.createResponse);
  }

  /** Stops the running response. */
  cancelResponse(): string {
    return this.#encode(this.#profile.clientEvents.cancelResponse);
  }

  /** Makes the history end where the caller stopped listening. */
  truncateItem(truncation: Truncation): string {
    return this.#encode(this.#profile.clientEvents.truncateItem, {
      item_id: truncation.itemId,
      content_index: 0,
      audio_end_ms: truncation.heardMs,
    });
  }

  /** Takes an item out of the history; undefined when the supplier knows no such event. */
  deleteItem(itemId: string): string | undefined {
    const { deleteItem } = this.#profile.clientEvents;
    if (deleteItem === undefined) return undefined;
    return this.#encode(deleteItem, { item_id: itemId });
  }

  #createItem(item: Readonly<Record<string, unknown>>): string {
    return this.#encode(this.#profile.clientEvents.createItem, { item });
  }

  #encode(type: string, fields?: Readonly<Record<string, unknown>>): string {
    this.#sent++;
    return JSON.stringify({ event_id: `event_${this.#sent}`, type, ...fields });
  }
}
