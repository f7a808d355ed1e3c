import assert from "node:assert/strict";
import { Seal } from "../../src/store/seal.ts";

const OLD = { id: "old", bytes: new Uint8Array(32).fill(1) };
const NEW = { id: "new", bytes: new Uint8Array(32).fill(2) };
const PLACE = { callId: "a", field: "caller" };

Deno.test("what was sealed opens with any key of the ring, and only in its place", () => {
  const sealed = new Seal([OLD]).close("张三 13800138000", PLACE)!;
  const rotated = new Seal([NEW, OLD]);
  assert.equal(rotated.open(sealed, PLACE), "张三 13800138000");
  assert.match(rotated.close("x", PLACE)!, /^v1\.new\./);
  assert.throws(() => new Seal([NEW]).open(sealed, PLACE), /not in the ring/);
  for (
    const other of [{ ...PLACE, callId: "b" }, { ...PLACE, field: "called" }]
  ) {
    assert.throws(
      () => rotated.open(sealed, other),
      /another one, or it was changed/,
    );
  }
});

Deno.test("another key of the same name does not open it, and says so", () => {
  const sealed = new Seal([OLD]).close("secret", PLACE)!;
  const other = new Seal([{ ...NEW, id: "old" }]);
  assert.throws(() => other.open(sealed, PLACE), /the key is another one/);
});

Deno.test("no change of a character goes unnoticed, and none is anything but an error", () => {
  const seal = new Seal([OLD]);
  const sealed = seal.close("1380", PLACE)!;
  for (let i = 0; i < sealed.length; i++) {
    for (const character of ["A", "b", ".", "-", "=", "é", ""]) {
      const changed = sealed.slice(0, i) + character + sealed.slice(i + 1);
      if (changed === sealed) continue;
      assert.throws(() => seal.open(changed, PLACE), Error, changed);
    }
    assert.throws(() => seal.open(sealed.slice(0, i), PLACE), Error);
  }
});

Deno.test("two seals of one text are different, and without a key there is none", () => {
  const seal = new Seal([OLD]);
  assert.notEqual(seal.close("x", PLACE), seal.close("x", PLACE));
  assert.equal(new Seal([]).close("x", PLACE), undefined);
  assert.throws(
    () => new Seal([{ id: "k", bytes: new Uint8Array(31) }]),
    /32 bytes/,
  );
});
