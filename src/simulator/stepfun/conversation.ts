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

/** Types of the content of a message, by its role. */
export type ContentTypes = Readonly<
  Record<"user" | "assistant", readonly string[]>
>;

/**
 * Reads the item of conversation.item.create. Any thread. Throws ProtocolError
 * for a bad shape and RemoteError, with the service's words, for a role that
 * it does not take.
 */
export function readClientItem(
  value: unknown,
  types: ContentTypes,
): ClientItem {
  const item = record(value);
  if (item.type === "function_call_output") {
    if (typeof item.call_id !== "string") throw badShape("call_id");
    if (typeof item.output !== "string") throw badShape("output");
    return { type: item.type, role: "user", text: item.output };
  }
  if (item.type !== "message") throw badShape("type");
  const { role } = item;
  if (role !== "user" && role !== "assistant") {
    throw new RemoteError("item.role must be user or assistant");
  }
  if (!Array.isArray(item.content)) throw badShape("content");
  const texts = item.content.map((part) => readText(part, types[role]));
  return { type: item.type, role, text: texts.join(" ") };
}

function readText(value: unknown, types: readonly string[]): string {
  const { type, text } = record(value);
  const known = typeof type === "string" && types.includes(type);
  if (!known || typeof text !== "string") throw badShape("content");
  return text;
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badShape("item");
  }
  return value as Record<string, unknown>;
}

function badShape(field: string): ProtocolError {
  return new ProtocolError(`Invalid value: 'item.${field}'.`);
}
