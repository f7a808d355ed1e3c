/** A key that stored personal data is encrypted with: 32 bytes, and the name that stands in each record. */
export interface SessionKey {
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const ENTRY = /^([0-9A-Za-z_-]{1,32}):([0-9A-Fa-f]{64})$/;
const FORM = "must be id:64 hexadecimal digits, several separated by commas";

/**
 * Reads a key ring, `id:64 hex[,id:64 hex…]`; the first key encrypts, all of
 * them decrypt. Main thread, at start. Mistakes are returned in words
 * that follow the variable's name, and never repeat a key.
 */
export function parseSessionKeys(text: string) {
  const keys: SessionKey[] = [];
  const problems: string[] = [];
  const entries = text.split(",").filter((entry) => entry.trim() !== "");
  if (entries.length === 0) problems.push(`${FORM}: there is none`);
  for (const [index, entry] of entries.entries()) {
    const match = ENTRY.exec(entry.trim());
    if (match === null) {
      problems.push(`${FORM}: entry ${index + 1} is not`);
    } else if (keys.some(({ id }) => id === match[1])) {
      problems.push(`must name each key once: ${match[1]} stands there twice`);
    } else {
      const bytes = Uint8Array.fromHex(match[2]);
      keys.push(Object.freeze({ id: match[1], bytes }));
    }
  }
  return { keys, problems };
}
