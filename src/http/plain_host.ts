import type { Context, Next } from "hono";
import { refuse } from "./refuse.ts";

const HOST = /^[A-Za-z0-9._:[\]-]+$/;
const ADDRESS = /^https?:\/\/[A-Za-z0-9._:[\]-]+\//;

/** Whether it is a host, with its port or without. Any thread. */
export function isPlainHost(text: string): boolean {
  return HOST.test(text);
}

/**
 * Answers 400 to a request whose host could stand for some of its path. The
 * runtime makes the address out of the `Host` header, or an absolute target,
 * and the path as they come (Deno 2.9.6): what a proxy took for `/v1/` at the
 * host `x/metrics?` is `/metrics` here. Main thread.
 */
export function requirePlainHost(
  context: Context,
  next: Next,
): Promise<Response | void> {
  const { headers, url } = context.req.raw;
  const host = headers.get("host");
  if ((host === null || isPlainHost(host)) && ADDRESS.test(url)) return next();
  return Promise.resolve(refuse(context, 400, "The Host header is none"));
}
