import { ResponseEvents, type ResponseStatus } from "./response_events.ts";
import {
  type ResponseHost,
  type RunningResponse,
  usageOf,
} from "./running_response.ts";
import type { FunctionCall } from "./stepfun_options.ts";

const PIECE_CHARACTERS = 8;
/** The response runs on after its arguments are known: who answers too soon is refused. */
const DONE_DELAY_MS = 20;

/** A response that calls a function and says nothing. Any thread. */
export class FunctionCallResponse implements RunningResponse {
  readonly wantsAudio = false;
  readonly #call: FunctionCall;
  readonly #host: ResponseHost;
  readonly #events: ResponseEvents;
  #ended = false;

  constructor(call: FunctionCall, host: ResponseHost) {
    this.#call = call;
    this.#host = host;
    this.#events = new ResponseEvents(host);
  }

  start(): void {
    const { outbox, ids, timers } = this.#host;
    this.#events.created();
    outbox.event("outputItemAdded", {
      response_id: ids.responseId,
      output_index: 0,
      item: this.#item("in_progress", ""),
    });
    const fields = {
      response_id: ids.responseId,
      item_id: ids.itemId,
      output_index: 0,
      call_id: this.#callId(),
    };
    const text = this.#call.arguments;
    for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
      const delta = text.slice(at, at + PIECE_CHARACTERS);
      outbox.event("argumentsDelta", { ...fields, delta });
    }
    const { name } = this.#call;
    outbox.event("argumentsDone", { ...fields, name, arguments: text });
    timers.after(DONE_DELAY_MS, () => this.#end("completed"));
  }

  cancel(): void {
    this.#end("incomplete");
  }

  push(): void {}

  #end(status: ResponseStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    const { outbox, ids, counts, ended } = this.#host;
    if (status === "completed") counts.completed++;
    else counts.cancelled++;
    const item = this.#item(status, this.#call.arguments);
    outbox.event("outputItemDone", {
      response_id: ids.responseId,
      output_index: 0,
      item,
    });
    this.#events.done(status, [item], usageOf(this.#host, 0));
    ended();
  }

  #item(status: string, text: string) {
    return {
      id: this.#host.ids.itemId,
      object: "realtime.item",
      type: "function_call",
      status,
      name: this.#call.name,
      call_id: this.#callId(),
      arguments: text,
    };
  }

  #callId(): string {
    return `call_${this.#host.ids.responseId}`;
  }
}
