/**
 * Text in which each character stands for one byte, as FreeSWITCH holds every
 * value: nothing promises that a name is UTF-8. Any thread.
 */
export type ByteText = string;

const ENCODER = new TextEncoder();
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x20"#%&+:;<=>?@[\\\]^`{|}\x7f-\xff]/g;

/** The bytes of a value: UTF-8 for a string, as they are for an array. Any thread. */
export function byteText(value: string | Uint8Array): ByteText {
  const bytes = typeof value === "string" ? ENCODER.encode(value) : value;
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/**
 * Percent-encodes byte by byte; comma, slash and the like stay, as in the
 * recorded connect reply. Any thread.
 */
export function percentEncode(text: ByteText): string {
  return text.replace(UNSAFE, encodeByte);
}

function encodeByte(character: string): string {
  const byte = character.charCodeAt(0);
  return `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
}
