import { ProtocolError, RemoteError } from "../../errors.ts";

/** An item of the history; what was said is kept elsewhere, and only the last of it. */
export interface ConversationItem {
  readonly id: string;
  readonly type: "message" | "function_call" | "function_call_output";
  readonly role: "user" | "assistant";
}

/** An item that a client wants to add. */
export interface ClientItem {
  readonly type: "message" | "function_call_output";
  readonly role: "user" | "assistant";
  readonly text: string;
}

const MAX_ITEMS = 500;

/** The history of a session. Any thread. */
export class Conversation {
  readonly #items: ConversationItem[] = [];

  /** Whether nothing was said yet. */
  get empty(): boolean {
    return this.#items.length === 0;
  }

  /** The last item's id; undefined when there is none. */
  get lastId(): string | undefined {
    return this.#items.at(-1)?.id;
  }

  /** Adds an item at the end; the oldest of too many goes. */
  add(item: ConversationItem): void {
    this.#items.push(item);
    if (this.#items.length > MAX_ITEMS) this.#items.shift();
  }

  /** Whether there is an item with this id. */
  has(id: unknown): boolean {
    return this.#items.some((item) => item.id === id);
  }

  /** Removes an item; false when there is none with this id. */
  delete(id: unknown): boolean {
    const at = this.#items.findIndex((item) => item.id === id);
    if (at >= 0) this.#items.splice(at, 1);
    return at >= 0;
  }
}

/**
 * Reads the item of conversation.item.create. Any thread. Throws ProtocolError
 * for a bad shape and RemoteError, with the service's words, for a role that
 * it does not take.
 */
export function readClientItem(value: unknown): ClientItem {
  const item = record(value);
  if (item.type === "function_call_output") {
    if (typeof item.call_id !== "string") throw badShape("call_id");
    if (typeof item.output !== "string") throw badShape("output");
    return { type: item.type, role: "user", text: item.output };
  }
  if (item.type !== "message") throw badShape("type");
  if (item.role !== "user" && item.role !== "assistant") {
    throw new RemoteError("item.role must be user or assistant");
  }
  if (!Array.isArray(item.content)) throw badShape("content");
  const text = item.content.map(readText).join(" ");
  return { type: item.type, role: item.role, text };
}

function readText(value: unknown): string {
  const part = record(value);
  const known = part.type === "input_text" || part.type === "text";
  if (!known || typeof part.text !== "string") throw badShape("content");
  return part.text;
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badShape("item");
  }
  return value as Record<string, unknown>;
}

function badShape(field: string): ProtocolError {
  return new ProtocolError(`Cannot add an item: ${field} has a bad shape`);
}
