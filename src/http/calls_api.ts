import { Hono } from "hono";
import { z } from "zod";
import { transferNumber } from "../config/transfer_number.ts";
import type { AllCalls } from "./all_calls.ts";
import { refuse, refuseBody } from "./refuse.ts";
import { readJson, smallBodies } from "./small_json.ts";

/** The calls that may be seen and ended from outside. */
export type CallsSource = Pick<
  AllCalls,
  "list" | "find" | "hangUp" | "transfer"
>;

const Transfer = z.strictObject({ to: transferNumber });

/** `GET /`, `GET /:callId`, `DELETE /:callId` and `POST /:callId/transfer`: the calls of all nodes. Main thread. */
export function createCallsApi(calls: CallsSource): Hono {
  const app = new Hono();
  app.get("/", async (context) => context.json(await calls.list()));
  app.get("/:callId", async (context) => {
    const call = await calls.find(context.req.param("callId"));
    if (call === undefined) return refuse(context, 404, UNKNOWN);
    return context.json(call);
  });
  app.delete("/:callId", async (context) => {
    const callId = context.req.param("callId");
    if (!await calls.hangUp(callId)) return refuse(context, 404, UNKNOWN);
    return context.json({ callId }, 202);
  });
  app.post("/:callId/transfer", smallBodies, async (context) => {
    const body = Transfer.safeParse(await readJson(context));
    if (!body.success) return refuseBody(context, body.error);
    const callId = context.req.param("callId");
    const outcome = await calls.transfer(callId, body.data.to);
    if (outcome === "unknown") return refuse(context, 404, UNKNOWN);
    if (outcome === "impossible") return refuse(context, 409, NO_DIALPLAN);
    return context.json({ callId }, 202);
  });
  return app;
}

const UNKNOWN = "There is no such call at any node that could be asked";
const NO_DIALPLAN = "A browser's call cannot be transferred";
