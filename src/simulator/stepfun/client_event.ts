import { ProtocolError } from "../../errors.ts";
import type { ClientEventKey, ClientEventNames } from "./event_names.ts";

/** What a client sent: JSON with a type; the rest is not checked yet. */
export interface ClientEvent {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** Not fatal: what is not UTF-8 becomes a replacement character, and the event is judged as it then reads. */
const DECODER = new TextDecoder();

/** Reads an event; undefined when the text is not one. Any thread. */
export function parseEvent(text: Uint8Array): ClientEvent | undefined {
  try {
    const event = JSON.parse(DECODER.decode(text));
    return typeof event?.type === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}

/** The role of an event; undefined when its type is unknown. Any thread. */
export function keyOf(
  event: ClientEvent,
  names: ClientEventNames,
): ClientEventKey | undefined {
  return Object.hasOwn(names, event.type) ? names[event.type] : undefined;
}

/** Reads base64 of 16-bit little-endian samples. Any thread. Throws ProtocolError. */
export function readSamples(audio: unknown): Int16Array {
  if (typeof audio !== "string") throw invalidFormat();
  const bytes = decode(audio);
  if (bytes.length % 2 !== 0) throw invalidFormat();
  return new Int16Array(bytes.buffer, 0, bytes.length / 2);
}

function decode(audio: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(audio, { lastChunkHandling: "strict" });
  } catch (cause) {
    throw new ProtocolError("Cannot read audio", { cause });
  }
}

/** The complaint about an event that the service cannot read. Any thread. */
export function invalidFormat(): ProtocolError {
  return new ProtocolError("Cannot read an event: bad shape");
}
