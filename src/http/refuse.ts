import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";

/** Answers with an error in words, and what it concerns. */
export function refuse(
  context: Context,
  status: ContentfulStatusCode,
  error: string,
): Response {
  return context.json({ error }, status);
}

/** Answers 400 to a body that is not as it must be, with every mistake in it. */
export function refuseBody(context: Context, { issues }: z.ZodError): Response {
  const problems = issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`
  );
  return context.json({ error: problems.join("; ") }, 400);
}
