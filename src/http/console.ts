import { type Context, Hono } from "hono";

const FOLDER = new URL("./console/", import.meta.url);
/** What is served, by its name below `/console`; nothing else of the disk is. */
const FILES: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "console.css": "text/css; charset=utf-8",
  "console.js": "text/javascript; charset=utf-8",
  "words.js": "text/javascript; charset=utf-8",
  "vapi_call.js": "text/javascript; charset=utf-8",
  "audio_worklet.js": "text/javascript; charset=utf-8",
};
/** The page runs what comes from this server and nothing else, in no frame of another page; the gateway has a port of its own. */
const POLICY =
  "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'";

/** The page at `/console/`, which shows a node and lets its reader talk to an assistant. Main thread; its files are read when they are asked for. */
export function createConsole(): Hono {
  const app = new Hono();
  // With its slash, so that the page finds what lies beside it; the path may be longer before a proxy.
  app.get("/console", (context) => context.redirect("console/"));
  app.get("/console/", (context) => serve(context, "index.html"));
  app.get(
    "/console/:name",
    (context) => serve(context, context.req.param("name")),
  );
  return app;
}

async function serve(context: Context, name: string): Promise<Response> {
  const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (type === undefined) return context.notFound();
  const text = await Deno.readTextFile(new URL(name, FOLDER));
  return context.text(text, 200, {
    "content-type": type,
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
  });
}
