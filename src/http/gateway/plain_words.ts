import { z } from "zod";

/** A line of text without control characters, of at most so many UTF-16 units; empty when it is left out. */
export function plainWords(most: number) {
  return z.string().max(most).regex(
    /^\P{Cc}*$/u,
    "must not have control characters",
  ).default("");
}
