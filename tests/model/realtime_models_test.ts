import assert from "node:assert/strict";
import { createRealtimeModels } from "../../src/model/realtime_models.ts";
import type { SupplierAccess } from "../../src/model/supplier_profiles.ts";

function make(stepfun: SupplierAccess) {
  return createRealtimeModels({ suppliers: { stepfun } });
}

for (const apiKey of ["", " ", "a b", "line\r\nbreak", "密钥"]) {
  Deno.test(`the key ${JSON.stringify(apiKey)} is refused, and not repeated`, () => {
    assert.throws(() => make({ apiKey }), (error: Error) => {
      assert.ok(error instanceof TypeError);
      assert.ok(apiKey.trim() === "" || !error.message.includes(apiKey));
      return true;
    });
  });
}

for (const url of ["", "https://example.test/", "no address", "ws://a/#x"]) {
  Deno.test(`the address ${JSON.stringify(url)} is refused`, () => {
    assert.throws(() => make({ apiKey: "k", url }), TypeError);
  });
}

for (const rateHz of [0, -16000, 7999, 48001, 16000.5, NaN, Infinity]) {
  Deno.test(`a rate of ${rateHz} Hz is refused`, () => {
    const apiKey = "k";
    assert.throws(
      () => make({ apiKey, inputRateHz: rateHz }),
      RangeError,
    );
    assert.throws(
      () => make({ apiKey, outputRateHz: rateHz }),
      RangeError,
    );
  });
}
