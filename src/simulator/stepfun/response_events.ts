import type { Faults } from "./faults.ts";
import type { Outbox } from "./outbox.ts";

/** How a response ends here. */
export type ResponseStatus = "completed" | "cancelled" | "incomplete";

/** Tokens of a response, in the shape of the service's relatives. */
export interface Usage {
  readonly total_tokens: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

/** Ids of a response and its one item. */
export interface ResponseIds {
  readonly responseId: string;
  readonly itemId: string;
  readonly previousItemId: string | undefined;
}

/** What {@linkcode ResponseEvents} are made of. */
export interface ResponseEventsOptions {
  readonly outbox: Outbox;
  readonly ids: ResponseIds;
  readonly faults: Faults;
  /** Type of the part that carries the audio. */
  readonly audioPart: string;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const STAR = 42;

type Fields = Readonly<Record<string, unknown>>;

/** The events around and inside one spoken response, in the service's shapes. Any thread. */
export class ResponseEvents {
  readonly #outbox: Outbox;
  readonly #ids: ResponseIds;
  readonly #faults: Faults;
  readonly #audioPart: string;
  readonly #part: Fields;
  readonly #deltaFields: string;
  #firstDelta = true;
  /** Half a sample, of the delta before. */
  #half: Uint8Array | undefined;

  constructor({ outbox, ids, faults, audioPart }: ResponseEventsOptions) {
    this.#outbox = outbox;
    this.#ids = ids;
    this.#faults = faults;
    this.#audioPart = audioPart;
    const known = faults.missingIds
      ? {}
      : { response_id: ids.responseId, item_id: ids.itemId };
    this.#part = { ...known, output_index: 0, content_index: 0 };
    this.#deltaFields = JSON.stringify(this.#part).slice(1, -1);
  }

  /** response.created. */
  created(): void {
    this.#outbox.event("responseCreated", {
      response: this.#response("in_progress"),
    });
  }

  /** From response.output_item.added to response.content_part.added. */
  openMessage(): void {
    const item = this.#message("in_progress");
    this.#outbox.event("outputItemAdded", this.#withResponseId({ item }));
    this.#outbox.event("itemCreated", {
      previous_item_id: this.#ids.previousItemId,
      item,
    });
    const part = { type: this.#audioPart, audio: "", transcript: "" };
    this.#outbox.event("contentPartAdded", { ...this.#part, part });
  }

  /** response.thinking.*. */
  thinking(text: string): void {
    const half = Math.ceil(text.length / 2);
    for (const delta of [text.slice(0, half), text.slice(half)]) {
      this.#outbox.event("thinkingDelta", { ...this.#part, delta });
    }
    this.#outbox.event("thinkingDone", { ...this.#part, thinking: text });
  }

  /** response.audio.delta, the bytes of base64; the first may be spoilt by a fault. */
  audio(base64: Uint8Array): void {
    const first = this.#firstDelta;
    this.#firstDelta = false;
    if (first && this.#faults.hugeDelta !== undefined) {
      const huge = new Uint8Array(this.#faults.hugeDelta & ~1).toBase64();
      this.#outbox.audioDelta(this.#deltaFields, ENCODER.encode(huge));
    }
    this.#outbox.audioDelta(this.#deltaFields, this.#spoil(base64, first));
    if (first) this.#outbox.reach("first_delta");
  }

  #spoil(base64: Uint8Array, first: boolean): Uint8Array {
    if (first && this.#faults.badBase64) {
      return Uint8Array.from(base64).fill(STAR, 0, 1);
    }
    const isCut = first && this.#faults.oddLengthDelta === true;
    if (!isCut && this.#half === undefined) return base64;
    const speech = Uint8Array.fromBase64(DECODER.decode(base64));
    const bytes = Uint8Array.of(...this.#half ?? [], ...speech);
    const end = isCut ? bytes.length - 1 : bytes.length;
    this.#half = isCut ? bytes.subarray(end) : undefined;
    return ENCODER.encode(bytes.subarray(0, end).toBase64());
  }

  /** response.audio_transcript.delta. */
  transcript(delta: string): void {
    this.#outbox.event("audioTranscriptDelta", { ...this.#part, delta });
  }

  /** From response.audio.done to response.output_item.done. */
  closeMessage(status: ResponseStatus, transcript: string): void {
    this.#outbox.event("audioDone", this.#part);
    this.#outbox.event("audioTranscriptDone", { ...this.#part, transcript });
    const part = { type: this.#audioPart, transcript };
    this.#outbox.event("contentPartDone", { ...this.#part, part });
    const item = this.#message(itemStatus(status), transcript);
    this.#outbox.event("itemDone", {
      previous_item_id: this.#ids.previousItemId,
      item,
    });
    this.#outbox.event("outputItemDone", this.#withResponseId({ item }));
  }

  /** response.cancelled. */
  cancelled(): void {
    this.#outbox.event("responseCancelled", {
      response_id: this.#ids.responseId,
      response: this.#response("cancelled"),
    });
  }

  /** response.done; `output` are the response's items. */
  done(status: ResponseStatus, output: readonly Fields[], usage?: Usage): void {
    const response = { ...this.#response(status), output };
    this.#outbox.event("responseDone", {
      response: usage === undefined ? response : { ...response, usage },
    });
  }

  /** The assistant's item as it stands in response.done. */
  finalItem(status: ResponseStatus, transcript: string): Fields {
    return this.#message(itemStatus(status), transcript);
  }

  #response(status: string): Fields {
    return {
      id: this.#ids.responseId,
      object: "realtime.response",
      status,
      status_details: null,
      output: [],
    };
  }

  #message(status: string, transcript?: string): Fields {
    const content = transcript === undefined
      ? []
      : [{ type: this.#audioPart, transcript }];
    return {
      id: this.#ids.itemId,
      object: "realtime.item",
      type: "message",
      status,
      role: "assistant",
      content: this.#faults.nullContent ? null : content,
    };
  }

  #withResponseId(fields: Fields): Fields {
    const known = this.#faults.missingIds
      ? {}
      : { response_id: this.#ids.responseId };
    return { ...known, output_index: 0, ...fields };
  }
}

function itemStatus(status: ResponseStatus): string {
  return status === "completed" ? "completed" : "incomplete";
}
