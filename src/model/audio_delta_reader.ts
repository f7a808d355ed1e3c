import { decodeBase64 } from "../audio/pcm_base64.ts";
import type { ServerEventType } from "./profile.ts";
import type { ServerEvent } from "./server_event.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LAST_ASCII = 0x7e;
const LONGEST_ID = 256;

const encoder = new TextEncoder();
/** Fields that are read, by their place in {@linkcode spans}; every other has the last place. */
const NAMES = ["type", "response_id", "item_id", "delta"].map((name) =>
  encoder.encode(name)
);
const [TYPE, RESPONSE_ID, ITEM_ID, DELTA] = NAMES.keys();
const OTHER = NAMES.length;
/** Where the values of the fields begin and end; one for all conversations of the thread. */
const spans = new Int32Array(2 * (OTHER + 1));

/**
 * Reads the event that nine of ten are, a piece of speech, straight from the
 * bytes of its message: no text of its 9 kB is made, and the speech is decoded
 * to where it is resampled. Worker thread. It knows only a flat object with
 * plain texts and whole numbers; whatever else comes is for JSON.parse.
 */
export class AudioDeltaReader {
  readonly #types: readonly Uint8Array[];
  #responseId: string | undefined;
  #itemId: string | undefined;

  /** `names` are the events of a supplier. */
  constructor(names: ReadonlyMap<string, ServerEventType>) {
    this.#types = [...names].filter(([, type]) => type === "audio")
      .map(([name]) => encoder.encode(name));
  }

  /** The event, whose samples are valid until the next one is read; undefined for what it does not know. */
  read(text: Uint8Array): ServerEvent | undefined {
    // Nearly always the speech is the last field, and nothing need be searched for its end.
    return this.#read(text, lastQuote(text)) ?? this.#read(text, 0);
  }

  #read(text: Uint8Array, endOfSpeech: number): ServerEvent | undefined {
    spans.fill(0);
    if (!readSpans(text, endOfSpeech) || !this.#isAudio(text)) return undefined;
    const [from, to] = [spans[2 * DELTA], spans[2 * DELTA + 1]];
    const speech = from === 0 ? undefined : decodeBase64(text, from, to);
    if (speech === undefined) return undefined;
    this.#responseId = readId(text, RESPONSE_ID, this.#responseId);
    this.#itemId = readId(text, ITEM_ID, this.#itemId);
    return {
      type: "audio",
      responseId: this.#responseId,
      itemId: this.#itemId,
      samples: speech.samples,
      oddByte: speech.oddByte,
    };
  }

  #isAudio(text: Uint8Array): boolean {
    const [from, to] = [spans[2 * TYPE], spans[2 * TYPE + 1]];
    return this.#types.some((type) => isAt(text, { from, to }, type));
  }
}

/** Where the quote stands that ends an object's last field; 0 when a text does not end it. */
function lastQuote(text: Uint8Array): number {
  const at = text.length - 2;
  return text[at] === QUOTE && text[at + 1] === CLOSE_BRACE ? at : 0;
}

/**
 * Fills {@linkcode spans}; false for anything but a flat object of plain texts
 * and whole numbers. Speech ends at `endOfSpeech`, or where it is found to when that is 0.
 */
function readSpans(text: Uint8Array, endOfSpeech: number): boolean {
  let at = skipSpace(text, 0);
  if (text[at] !== OPEN_BRACE) return false;
  do {
    const from = skipSpace(text, at + 1) + 1;
    const to = text[from - 1] === QUOTE ? endOfText(text, from) : -1;
    if (to < 0) return false;
    at = skipSpace(text, to + 1);
    if (text[at] !== COLON) return false;
    const field = fieldAt(text, from, to);
    at = readValue(text, skipSpace(text, at + 1), { field, endOfSpeech });
    if (at < 0) return false;
    at = skipSpace(text, at);
  } while (text[at] === COMMA);
  return text[at] === CLOSE_BRACE && skipSpace(text, at + 1) === text.length;
}

/** Notes where the value of a field stands; returns where it is over, -1 when it cannot be read. */
function readValue(
  text: Uint8Array,
  at: number,
  { field, endOfSpeech }: { field: number; endOfSpeech: number },
): number {
  if (text[at] !== QUOTE) return endOfNumber(text, at);
  const from = at + 1;
  // What may not stand in base64 shows when it is decoded.
  const to = field !== DELTA
    ? endOfText(text, from)
    : endOfSpeech || text.indexOf(QUOTE, from);
  if (to < from) return -1;
  spans[2 * field] = from;
  spans[2 * field + 1] = to;
  return to + 1;
}

function fieldAt(text: Uint8Array, from: number, to: number): number {
  for (let field = 0; field < OTHER; field++) {
    if (isAt(text, { from, to }, NAMES[field])) return field;
  }
  return OTHER;
}

function isAt(
  text: Uint8Array,
  { from, to }: { from: number; to: number },
  word: Uint8Array,
): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    if (text[from + i] !== word[i]) return false;
  }
  return true;
}

/** Where the quote stands after plain ASCII without escapes; -1 when something else comes first. */
function endOfText(text: Uint8Array, from: number): number {
  for (let at = from; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) return at;
    if (byte < SPACE || byte > LAST_ASCII || byte === BACKSLASH) return -1;
  }
  return -1;
}

function endOfNumber(text: Uint8Array, from: number): number {
  let at = text[from] === MINUS ? from + 1 : from;
  const first = at;
  while (text[at] >= ZERO && text[at] <= NINE) at++;
  const isWhole = at > first && (at === first + 1 || text[first] !== ZERO);
  return isWhole ? at : -1;
}

/** White space of JSON (RFC 8259, section 2). */
function skipSpace(text: Uint8Array, from: number): number {
  let at = from;
  while (
    text[at] === SPACE || text[at] === 0x0a || text[at] === 0x0d ||
    text[at] === 0x09
  ) at++;
  return at;
}

/** An identification as a string, the same one while it stays the same. */
function readId(
  text: Uint8Array,
  field: number,
  last: string | undefined,
): string | undefined {
  const [from, to] = [spans[2 * field], spans[2 * field + 1]];
  const length = to - from;
  if (length === 0 || length > LONGEST_ID) return undefined;
  if (last?.length === length) {
    let i = 0;
    while (i < length && last.charCodeAt(i) === text[from + i]) i++;
    if (i === length) return last;
  }
  return String.fromCharCode(...text.subarray(from, to));
}
