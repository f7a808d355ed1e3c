import assert from "node:assert/strict";
import { createStepFunModel } from "../../src/model/stepfun_model.ts";

for (const apiKey of ["", " ", "a b", "line\r\nbreak", "密钥"]) {
  Deno.test(`the key ${JSON.stringify(apiKey)} is refused, and not repeated`, () => {
    assert.throws(() => createStepFunModel({ apiKey }), (error: Error) => {
      assert.ok(error instanceof TypeError);
      assert.ok(apiKey.trim() === "" || !error.message.includes(apiKey));
      return true;
    });
  });
}

for (const url of ["", "https://example.test/", "no address", "ws://a/#x"]) {
  Deno.test(`the address ${JSON.stringify(url)} is refused`, () => {
    assert.throws(() => createStepFunModel({ apiKey: "k", url }), TypeError);
  });
}

for (const rateHz of [0, -16000, 7999, 48001, 16000.5, NaN, Infinity]) {
  Deno.test(`a rate of ${rateHz} Hz is refused`, () => {
    const apiKey = "k";
    assert.throws(
      () => createStepFunModel({ apiKey, inputRateHz: rateHz }),
      RangeError,
    );
    assert.throws(
      () => createStepFunModel({ apiKey, outputRateHz: rateHz }),
      RangeError,
    );
  });
}
