/**
 * Builds the text of one command of the event socket: its first line, then one
 * `name: value` line for each field. Any thread. Throws TypeError for a
 * carriage return, a line feed or a NUL anywhere: FreeSWITCH would read what
 * follows a line break as a command of its own, and `api system` is a shell.
 */
export function commandText(
  line: string,
  fields: Readonly<Record<string, string | number>> = {},
): string {
  let text = requireOneLine(line);
  if (text.trim() === "") {
    throw new TypeError("Cannot build a command: it must not be empty");
  }
  for (const [name, value] of Object.entries(fields)) {
    text += `\n${requireOneLine(`${name}: ${value}`)}`;
  }
  return text;
}

/** Returns `text` when it is one line; otherwise throws TypeError. Any thread. */
export function requireOneLine(text: string): string {
  const at = text.search(BREAK);
  if (at === -1) return text;
  throw new TypeError(
    `Cannot build a command: a value must be one line, got a control character at ${at} of ${text.length}`,
  );
}

const BREAK = /[\r\n\0]/;
