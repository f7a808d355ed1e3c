const LONGEST_QUOTE = 200;
// deno-lint-ignore no-control-regex -- they are what must not reach a log or a terminal
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Words of a peer, short and printable enough for a message. Any thread. */
export function quotePeer(text: string): string {
  const cut = text.length > LONGEST_QUOTE
    ? text.slice(0, LONGEST_QUOTE).toWellFormed() + "…"
    : text.toWellFormed();
  return cut.replace(UNPRINTABLE, " ");
}
