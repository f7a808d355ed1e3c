const LONGEST = 200;
// deno-lint-ignore no-control-regex -- they are what must not reach a terminal
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** A shorter secret would be found inside of ordinary words. */
const SHORTEST_SECRET = 4;

/** Words of a peer, short and printable. */
export function quote(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return cut.toWellFormed().replace(UNPRINTABLE, " ").trim();
}

/** What an error says, with what caused it. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return quote(String(error));
  const said = error.message || error.name;
  const cause = error.cause instanceof Error ? error.cause.message : "";
  return quote(cause === "" || cause === said ? said : `${said}: ${cause}`);
}

/** A text without the secrets, also where a peer repeats them. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const long = secrets.filter((each) => each.length >= SHORTEST_SECRET);
  // The longest first: one may be the beginning of another.
  long.sort((a, b) => b.length - a.length);
  return long.reduce((shown, each) => shown.replaceAll(each, "***"), text);
}
