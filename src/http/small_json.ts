import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { refuse } from "./refuse.ts";

const MOST_BODY_BYTES = 4096;

/** Answers 413 to a body that is longer than any of this interface. */
export const smallBodies = bodyLimit({
  maxSize: MOST_BODY_BYTES,
  onError: (context) =>
    refuse(context, 413, `The body is larger than ${MOST_BODY_BYTES} bytes`),
});

/** The body; undefined when it is no JSON. An empty one leaves everything out. */
export async function readJson(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
