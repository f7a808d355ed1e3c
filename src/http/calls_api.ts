import { Hono } from "hono";
import { z } from "zod";
import { transferNumber } from "../config/transfer_number.ts";
import type { CallView } from "../router/call_view.ts";
import { refuse, refuseBody } from "./refuse.ts";
import { readJson, smallBodies } from "./small_json.ts";

/** Digits of a number that are shown: personal data is not for everybody who watches a node. */
const SHOWN_DIGITS = 4;

/** The calls of this node, as far as they may be seen and ended from outside. */
export interface CallsSource {
  views(): CallView[];
  view(callId: string): CallView | undefined;
  hangUp(callId: string): boolean;
  transfer(callId: string, to: string): "sent" | "unknown" | "impossible";
}

const Transfer = z.strictObject({ to: transferNumber });

/** `GET /`, `GET /:callId`, `DELETE /:callId` and `POST /:callId/transfer`: the calls that this node carries. Main thread. */
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
  app.post("/:callId/transfer", smallBodies, async (context) => {
    const body = Transfer.safeParse(await readJson(context));
    if (!body.success) return refuseBody(context, body.error);
    const callId = context.req.param("callId");
    const outcome = calls.transfer(callId, body.data.to);
    if (outcome === "unknown") return refuse(context, 404, NOT_HERE);
    if (outcome === "impossible") return refuse(context, 409, NO_DIALPLAN);
    return context.json({ callId }, 202);
  });
  return app;
}

const NOT_HERE = "This node carries no such call";
const NO_DIALPLAN = "A browser's call cannot be transferred";

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
