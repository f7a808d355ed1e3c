import assert from "node:assert/strict";
import { type CallEnd, farewellFor } from "../../src/router/call_end.ts";

const leave = (cause: string, reason: string) => ({
  do: "leave",
  cause,
  reason,
});
const TEMPORARY = "NORMAL_TEMPORARY_FAILURE";

const FAREWELLS: ReadonlyArray<[end: CallEnd, farewell: unknown]> = [
  [{ by: "hangup", cause: "NORMAL_CLEARING" }, { do: "nothing" }],
  [{ by: "connection", reason: "reset" }, { do: "nothing" }],
  [{ by: "limit" }, { do: "hang_up", cause: "ALLOTTED_TIMEOUT" }],
  [{ by: "media", message: "none" }, { do: "hang_up", cause: "MEDIA_TIMEOUT" }],
  [
    { by: "format", message: "G.729" },
    leave("INCOMPATIBLE_DESTINATION", "format"),
  ],
  [
    { by: "overload", error: new Error() },
    leave("NORMAL_CIRCUIT_CONGESTION", "overload"),
  ],
  [
    { by: "model", kind: "payment", message: "no money" },
    leave(TEMPORARY, "model_payment"),
  ],
  [{ by: "shard" }, leave(TEMPORARY, "shard")],
  [{ by: "drain" }, leave(TEMPORARY, "drain")],
  [{ by: "control", error: new Error() }, leave(TEMPORARY, "control")],
];

for (const [end, farewell] of FAREWELLS) {
  Deno.test(`a call that ended by ${end.by} gets its farewell`, () => {
    assert.deepEqual(farewellFor(end), farewell);
  });
}
