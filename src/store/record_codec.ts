import type { CallRecord, StoredUtterance } from "./call_store.ts";
import type { Seal } from "./seal.ts";

/** The form of a record; a record of another one is not read. */
const VERSION = "1";
/** More than a day's talk; the oldest goes first. */
const MOST_TRANSCRIPT_CHARACTERS = 64 * 1024;
const MOST_NUMBER = 64;
const ROLES: readonly unknown[] = ["caller", "assistant"];

/** The fields of a record but for those of the lease: names and values in turn, personal ones sealed, or left out without a key. */
export function encodeRecord(record: CallRecord, seal: Seal): string[] {
  const { callId } = record;
  const fields = [
    ["version", VERSION],
    ["assistantId", record.assistantId],
    ["createdAt", String(record.createdAtMs)],
    ["shard", String(record.shard)],
  ];
  const personal = {
    caller: record.caller.slice(0, MOST_NUMBER),
    called: record.called.slice(0, MOST_NUMBER),
    transcript: JSON.stringify(newest(record.transcript)),
  };
  for (const [field, text] of Object.entries(personal)) {
    const sealed = seal.close(text, { callId, field });
    if (sealed !== undefined) fields.push([field, sealed]);
  }
  return fields.flat();
}

/** Reads a record. Throws Error that says what is wrong with it, without its personal data. */
export function decodeRecord(
  callId: string,
  { fields, seal }: {
    readonly fields: Readonly<Record<string, string>>;
    readonly seal: Seal;
  },
): CallRecord {
  if (fields.version !== VERSION) {
    throw new Error(`Cannot read a record: it must be of version ${VERSION}`);
  }
  const open = (field: string) =>
    fields[field] === undefined
      ? undefined
      : seal.open(fields[field], { callId, field });
  const transcript = open("transcript");
  return {
    callId,
    caller: open("caller") ?? "",
    called: open("called") ?? "",
    assistantId: fields.assistantId ?? "",
    createdAtMs: numberOf(fields.createdAt),
    shard: numberOf(fields.shard),
    transcript: transcript === undefined ? [] : readTranscript(transcript),
  };
}

function newest(transcript: readonly StoredUtterance[]): StoredUtterance[] {
  let characters = 0;
  let first = transcript.length;
  while (first > 0) {
    characters += transcript[first - 1].text.length;
    if (characters > MOST_TRANSCRIPT_CHARACTERS) break;
    first--;
  }
  return transcript.slice(first);
}

function readTranscript(text: string): StoredUtterance[] {
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value) && value.every(isUtterance)) return value;
  throw new Error("Cannot read a record: its transcript is of another form");
}

function isUtterance(value: unknown): value is StoredUtterance {
  if (typeof value !== "object" || value === null) return false;
  const { role, text, atMs, heardByMs = 0 } = value as Record<string, unknown>;
  return ROLES.includes(role) && typeof text === "string" &&
    Number.isFinite(atMs) && Number.isFinite(heardByMs);
}

function numberOf(text: string | undefined): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error("Cannot read a record: a number in it is none");
}
