/** More than any browser and proxy send. */
export const MOST_HEAD_BYTES = 8192;

/** What a browser asks for before it speaks WebSocket: the head of an HTTP/1.1 request. */
export interface UpgradeHead {
  readonly method: string;
  readonly path: string;
  /** By their names in lower case; of those that come twice, joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A method, and a path, which may stand behind where it is (RFC 9112). */
const REQUEST =
  /^([A-Z]{1,16}) (?:[a-z]{2,5}:\/\/[A-Za-z0-9._:[\]-]+)?(\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** A name, and a value without control characters; no character can be taken in two ways, so that none is tried twice. */
const HEADER = /^([0-9A-Za-z!#$%&'*+.^_`|~-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/** Reads a head without its last empty line; undefined for what is none. */
export function readUpgradeHead(text: string): UpgradeHead | undefined {
  // An empty line before the request is borne (RFC 9112).
  const [first, ...lines] = text.replace(/^\r\n/, "").split("\r\n");
  const request = REQUEST.exec(first);
  if (request === null) return undefined;
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const header = HEADER.exec(line);
    if (header === null) return undefined;
    const name = header[1].toLowerCase();
    const value = trimBlanks(header[2]);
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before},${value}`;
  }
  const [, method, target] = request;
  return { method, path: target.split("?")[0], headers };
}

/** Without the spaces and tabs around it. By hand: a pattern for the last ones would look from each again. */
function trimBlanks(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text[from])) from++;
  while (to > from && isBlank(text[to - 1])) to--;
  return text.slice(from, to);
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t";
}
