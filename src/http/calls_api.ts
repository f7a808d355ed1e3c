import { Hono } from "hono";
import type { CallView } from "../router/call_view.ts";
import { refuse } from "./refuse.ts";

/** Digits of a number that are shown: personal data is not for everybody who watches a node. */
const SHOWN_DIGITS = 4;

/** The calls of this node, as far as they may be seen and ended from outside. */
export interface CallsSource {
  views(): CallView[];
  view(callId: string): CallView | undefined;
  hangUp(callId: string): boolean;
}

/** `GET /`, `GET /:callId` and `DELETE /:callId`: the calls that this node carries. Main thread. */
export function createCallsApi(calls: CallsSource): Hono {
  const app = new Hono();
  app.get(
    "/",
    (context) => context.json({ calls: calls.views().map(describe) }),
  );
  app.get("/:callId", (context) => {
    const view = calls.view(context.req.param("callId"));
    if (view === undefined) return refuse(context, 404, NOT_HERE);
    return context.json(describe(view));
  });
  app.delete("/:callId", (context) => {
    const callId = context.req.param("callId");
    if (!calls.hangUp(callId)) return refuse(context, 404, NOT_HERE);
    return context.json({ callId }, 202);
  });
  return app;
}

const NOT_HERE = "This node carries no such call";

function describe(view: CallView) {
  const { ageMs, talkMs, caller, called, ...rest } = view;
  return {
    ...rest,
    caller: shorten(caller),
    called: shorten(called),
    ageSeconds: Math.round(ageMs / 1000),
    talkSeconds: talkMs === undefined ? undefined : Math.round(talkMs / 1000),
  };
}

function shorten(number: string): string {
  const hidden = Math.max(0, number.length - SHOWN_DIGITS);
  return "*".repeat(hidden) + number.slice(hidden);
}
