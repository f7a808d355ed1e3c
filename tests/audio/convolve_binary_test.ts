import assert from "node:assert/strict";
import { CONVOLVE_BINARY_BASE64 } from "../../src/audio/convolve_binary.ts";
import { assembleWat } from "../../tools/assemble_wat.ts";
import { buildConvolve } from "../../tools/build_convolve.ts";

Deno.test("the checked-in kernel is what its source assembles to", async () => {
  assert.equal(CONVOLVE_BINARY_BASE64, await buildConvolve());
});

Deno.test("the assembler encodes numbers of several bytes", () => {
  const bytes = assembleWat(`(module (memory (export "m") 300)
    (func (export "f") (param $a i32)
      (local.set $a (i32.const -129))))`);
  const hex = bytes.toHex();
  // Limits without a maximum, 300 as unsigned and -129 as signed LEB128.
  assert.ok(hex.includes("05040100ac02"));
  assert.ok(hex.includes("41ff7e2100"));
  assert.ok(WebAssembly.validate(Uint8Array.from(bytes)));
});

Deno.test("the assembler refuses what it does not know", () => {
  const wrap = (body: string) =>
    `(module (memory (export "m") 1) (func (export "f") (param $a i32) ${body}))`;
  for (
    const text of [
      wrap("(i64.add (local.get $a) (local.get $a))"),
      wrap("(local.set $b (i32.const 1))"),
      wrap("(br_if $nowhere (local.get $a))"),
      wrap("(loop $a"),
      wrap(")"),
    ]
  ) {
    assert.throws(() => assembleWat(text), SyntaxError, text);
  }
});
