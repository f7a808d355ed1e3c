import assert from "node:assert/strict";
import { repairPercent } from "../../src/esl/percent_repair.ts";
import { latin1, seeded } from "../support/esl_trace.ts";

function repaired(text: string): string {
  const bytes = latin1(text);
  repairPercent(bytes);
  assert.equal(bytes.length, text.length);
  return new TextDecoder().decode(bytes);
}

Deno.test("repairPercent leaves what is encoded correctly as it is", () => {
  for (
    const text of [
      "张伟",
      "a%b",
      "😀\u{10ffff}",
      "\u0080߿ࠀ\ud7ff\ue000￿",
      "\r\n",
    ]
  ) {
    assert.equal(decodeURIComponent(repaired(encodeURIComponent(text))), text);
  }
  assert.equal(repairPercent(latin1("%E5%BC%A0 plain")), 0);
});

Deno.test("repairPercent puts U+FFFD for an escape that is not UTF-8", () => {
  assert.equal(
    decodeURIComponent(repaired("caf%E9%20%E5%BC%A0")),
    "caf\ufffd 张",
  );
});

for (
  const text of [
    "%",
    "%4",
    "100% sure",
    "%zz",
    "%%%",
    "%80",
    "%C0%80",
    "%C3",
    "%C3%",
    "%C3%4",
    "%C3%41",
    "%E0%80%80",
    "%ED%A0%80",
    "%E5%BC",
    "%E5%BC\xa0",
    "%F0%80%80%80",
    "%F4%90%80%80",
    "%F8%88%80%80%80",
    "%FF%FE",
  ]
) {
  Deno.test(`repairPercent makes ${JSON.stringify(text)} decodable`, () => {
    assert.throws(() => decodeURIComponent(text), URIError);
    decodeURIComponent(repaired(text));
  });
}

Deno.test("repairPercent agrees with decodeURIComponent about random escapes", () => {
  const seed = Math.trunc(Math.random() * 2 ** 32);
  console.log("seed", seed);
  const random = seeded(seed);
  const parts = [
    "%",
    "%E5",
    "%BC",
    "%A0",
    "%C3",
    "%f0",
    "%9F",
    "%41",
    "a",
    "\xe9",
    "%9",
  ];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from(
      { length: Math.trunc(random() * 8) },
      () => parts[Math.trunc(random() * parts.length)],
    ).join("");
    decodeURIComponent(repaired(text));
    assert.equal(isDecodable(text), repairPercent(latin1(text)) === 0, text);
  }
});

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
