import assert from "node:assert/strict";
import { traceIdOf } from "../../src/telemetry/trace_id.ts";

Deno.test("a call's trace has the digits of its UUID", () => {
  assert.equal(
    traceIdOf("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
    "6f9619ff8b86d011b42d00c04fc964ff",
  );
});

for (
  const callId of [
    "call",
    "",
    "6f9619ff8b86d011b42d00c04fc964ff",
    "6f9619ff-8b86-d011-b42d-00c04fc964fg",
    "00000000-0000-0000-0000-000000000000",
    "6f9619ff-8b86-d011-0000-000000000000",
  ]
) {
  Deno.test(`the trace of a call with the id ${JSON.stringify(callId)} has an id that is valid and always the same`, () => {
    const id = traceIdOf(callId);
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.doesNotMatch(id.slice(16), /^0+$/);
    assert.equal(traceIdOf(callId), id);
    assert.notEqual(traceIdOf(`${callId}2`), id);
  });
}
