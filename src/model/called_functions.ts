import type { FunctionCall } from "../shard/speech_model.ts";
import type { ServerEvent } from "./server_event.ts";

/** What tells of a function call: its item, pieces of its arguments, all of them, and its item once more. */
export type FunctionEvent = Extract<
  ServerEvent,
  {
    type:
      | "function_named"
      | "function_piece"
      | "function_call"
      | "function_item";
  }
>;

/** What is known of one call. */
interface Note {
  itemId: string | undefined;
  callId: string | undefined;
  name: string | undefined;
  /** All of its arguments, where they were told in one. */
  whole: string | undefined;
  pieces: string;
  isTooLong: boolean;
  /** Whether the model has finished it. */
  isOver: boolean;
  isCalled: boolean;
}

/** Of what a function is called with, in characters. */
export const LONGEST_ARGUMENTS = 16 * 1024;
const MOST_CALLS = 16;
const NAMELESS = "unnamed";

/**
 * Puts the function calls of one response together, at most 16: suppliers leave
 * a call's id, its name or its arguments out of one event or another. Worker
 * thread.
 */
export class CalledFunctions {
  readonly #notes: Note[] = [];

  /** Takes an event; gives the call that it completes, once. */
  take(event: FunctionEvent): FunctionCall | undefined {
    const note = this.#find(event) ?? this.#add();
    if (note === undefined) return undefined;
    const { type } = event;
    note.itemId ??= event.itemId;
    note.callId ??= event.callId;
    note.name ??= event.name;
    if (type === "function_piece") append(note, event.arguments ?? "");
    else note.whole ??= event.arguments;
    if (type === "function_call" || type === "function_item") {
      note.isOver = true;
    }
    const isLast = type === "function_item";
    return isLast || argumentsOf(note) !== undefined ? finish(note) : undefined;
  }

  /** The calls whose arguments nothing has told by the end of the response: there are none. */
  rest(): FunctionCall[] {
    return this.#notes.map(finish).filter((call) => call !== undefined);
  }

  /** Why a call of the response could not be given, when it is over. */
  get flaw(): string | undefined {
    const lost = this.#notes.find(({ isOver, isCalled }) =>
      isOver && !isCalled
    );
    if (lost === undefined) return undefined;
    return lost.callId === undefined
      ? "a function call without an id"
      : `a function call of more than ${LONGEST_ARGUMENTS} characters`;
  }

  /** By one of its ids; the newest that is not over when these do not tell. */
  #find({ callId, itemId }: FunctionEvent): Note | undefined {
    const known = this.#notes.find((note) =>
      (callId !== undefined && note.callId === callId) ||
      (itemId !== undefined && note.itemId === itemId)
    );
    if (known !== undefined || callId !== undefined) return known;
    return this.#notes.findLast((note) =>
      !note.isOver && (itemId === undefined || note.itemId === undefined)
    );
  }

  #add(): Note | undefined {
    if (this.#notes.length >= MOST_CALLS) return undefined;
    const note: Note = {
      itemId: undefined,
      callId: undefined,
      name: undefined,
      whole: undefined,
      pieces: "",
      isTooLong: false,
      isOver: false,
      isCalled: false,
    };
    this.#notes.push(note);
    return note;
  }
}

function append(note: Note, piece: string): void {
  note.isTooLong ||= note.pieces.length + piece.length > LONGEST_ARGUMENTS;
  note.pieces = note.isTooLong ? "" : note.pieces + piece;
}

/** Undefined while they are still to come. */
function argumentsOf({ whole, pieces }: Note): string | undefined {
  return whole || pieces || whole;
}

/** The call, when it may be given: it is over, has an id, and was not given before. */
function finish(note: Note): FunctionCall | undefined {
  const { callId, name } = note;
  if (!note.isOver || note.isCalled || callId === undefined) return undefined;
  const words = argumentsOf(note) ?? "";
  if (words === "" && note.isTooLong) return undefined;
  note.isCalled = true;
  return { id: callId, name: name ?? NAMELESS, arguments: words };
}
