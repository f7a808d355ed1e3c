import type {
  CallEvent,
  CallRecord,
  Store,
} from "../../src/store/call_store.ts";

/** A record of a call in which something was said. */
export function recordOf(callId: string, text = "您好"): CallRecord {
  return {
    callId,
    caller: "13800138000",
    called: "4001234567",
    assistantId: "default",
    createdAtMs: 1_700_000_000_000,
    shard: 1,
    transcript: [
      { role: "assistant", text, atMs: 1_700_000_000_100, heardByMs: 5 },
      { role: "caller", text: "查订单", atMs: 1_700_000_000_200 },
    ],
  };
}

/** An event of a call's first owner. */
export function eventOf(
  callId: string,
  type: CallEvent["type"],
  seq = 1,
): CallEvent {
  return { type, callId, atMs: 7, epoch: 1, seq, data: { by: "hangup" } };
}

/** Resolves once nothing waits to be written; rejects after ten seconds. */
export async function written(store: Store): Promise<void> {
  await eventually(() => store.health.waiting === 0, "all is written");
}

/** Resolves once something holds; rejects after ten seconds. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const untilMs = performance.now() + 10_000;
  while (!await holds()) {
    if (performance.now() > untilMs) throw new Error(`Never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
