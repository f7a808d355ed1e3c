/**
 * A value that somebody outside chose, made fit for logs and screens: at most
 * 256 characters, control characters as spaces, no half surrogates. Any thread.
 */
export function plainText(text = ""): string {
  return text.slice(0, MAX_TEXT).replace(/\p{Cc}/gu, " ").toWellFormed();
}

const MAX_TEXT = 256;
