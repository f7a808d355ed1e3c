import { ProtocolError } from "../errors.ts";

/**
 * Reads the body of a `text/event-json` event as flat text values. Main thread.
 * FreeSWITCH gives a header with several values as an array (measured:
 * `variable_DP_MATCH`), which becomes its own plain notation `ARRAY::a|:b`;
 * objects and nulls, which it never sends, are left out. Throws ProtocolError
 * when the body is not one JSON object with at most `maxHeaders` entries.
 */
export function cleanJsonEvent(
  body: Uint8Array,
  maxHeaders: number,
): Map<string, string> {
  const entries = Object.entries(parseObject(body));
  if (entries.length > maxHeaders) {
    throw new ProtocolError(
      `Cannot read an event: it must have at most ${maxHeaders} headers, got ${entries.length}`,
    );
  }
  const headers = new Map<string, string>();
  for (const [name, value] of entries) {
    const text = Array.isArray(value)
      ? `ARRAY::${
        value.map(scalar).filter((one) => one !== undefined).join("|:")
      }`
      : scalar(value);
    if (text !== undefined) headers.set(name, text);
  }
  return headers;
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new ProtocolError("Cannot read an event: its body must be JSON", {
      cause,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError("Cannot read an event: it must be a JSON object");
  }
  return value as Record<string, unknown>;
}

function scalar(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  return undefined;
}

const utf8 = new TextDecoder();
