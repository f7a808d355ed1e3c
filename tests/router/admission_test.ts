import assert from "node:assert/strict";
import { Admission } from "../../src/router/admission.ts";
import { between, printedRandom } from "../support/seeded_random.ts";

Deno.test("exactly as many calls are let in as there are places", () => {
  const admission = new Admission(3);
  const answers = ["a", "b", "c", "d"].map((id) => admission.admit(id));
  assert.deepEqual(answers, [undefined, undefined, undefined, "capacity"]);
  assert.equal(admission.taken, 3);
  admission.release("b");
  assert.equal(admission.admit("d"), undefined);
  assert.equal(admission.admit("e"), "capacity");
});

Deno.test("a call that is in already is a duplicate, even when all places are taken", () => {
  const admission = new Admission(1);
  admission.admit("a");
  assert.equal(admission.admit("a"), "duplicate");
  assert.equal(admission.admit("b"), "capacity");
  assert.equal(admission.taken, 1);
});

Deno.test("a place that is given back twice is one place", () => {
  const admission = new Admission(2);
  admission.admit("a");
  admission.admit("b");
  admission.release("a");
  admission.release("a");
  admission.release("stranger");
  assert.equal(admission.taken, 1);
  admission.admit("c");
  assert.equal(admission.admit("d"), "capacity");
});

Deno.test("a node that drains lets nobody in and keeps those who are", () => {
  const admission = new Admission(5);
  admission.admit("a");
  assert.equal(admission.draining, false);
  admission.drain();
  assert.ok(admission.draining);
  assert.equal(admission.admit("b"), "draining");
  assert.equal(admission.admit("a"), "draining");
  assert.equal(admission.taken, 1);
  admission.release("a");
  assert.equal(admission.admit("a"), "draining");
});

Deno.test("the count is exact under any order of coming and going", () => {
  const random = printedRandom("coming and going");
  const admission = new Admission(50);
  const inside = new Set<string>();
  for (let step = 0; step < 20_000; step++) {
    const id = String(between(random, 0, 100));
    if (random() < 0.5) {
      admission.release(id);
      inside.delete(id);
    } else {
      const expected = inside.has(id)
        ? "duplicate"
        : inside.size === 50
        ? "capacity"
        : undefined;
      assert.equal(admission.admit(id), expected);
      if (expected === undefined) inside.add(id);
    }
    assert.equal(admission.taken, inside.size);
  }
});
