import assert from "node:assert/strict";
import type { CallEvent } from "../../src/store/call_store.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { testStore } from "../contract/store.ts";

testStore("in memory", (graceMs) => {
  const seen: CallEvent[] = [];
  const store = new MemoryStore({
    graceMs,
    onEvent: (event) => seen.push(event),
  });
  const types = (callId: string) =>
    seen.filter((event) => event.callId === callId).map(({ type }) => type);
  return Promise.resolve({
    store,
    typesOf: (callId: string) => Promise.resolve(types(callId)),
    [Symbol.asyncDispose]: () => store.close(),
  });
});

Deno.test("in memory: what was spent begins anew at midnight in China", () => {
  let wallMs = Date.UTC(2026, 10, 23, 15, 59);
  const { costs } = new MemoryStore({ wallMs: () => wallMs });
  costs.add(2);
  assert.equal(costs.spentTodayCny, 2);
  wallMs += 60_000;
  assert.equal(costs.spentTodayCny, 0);
});
