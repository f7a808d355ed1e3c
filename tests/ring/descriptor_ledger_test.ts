import assert from "node:assert/strict";
import {
  allocateDescriptorLedger,
  DescriptorLedger,
} from "../../src/ring/descriptor_ledger.ts";
import { between, printedRandom } from "../support/seeded_random.ts";

Deno.test("the other thread finds what was entered and not left", () => {
  const memory = allocateDescriptorLedger();
  const own = new DescriptorLedger(memory);
  const other = new DescriptorLedger(memory);
  assert.deepEqual(other.open, []);
  for (const fd of [0, 7, 8]) assert.ok(own.enter(fd));
  own.leave(7);
  own.leave(99);
  assert.deepEqual(other.open, [0, 8]);
});

Deno.test("a ledger without room says so, and has room again", () => {
  const own = new DescriptorLedger(allocateDescriptorLedger());
  let entered = 0;
  while (own.enter(entered)) entered++;
  assert.ok(entered >= 4000);
  own.leave(17);
  assert.ok(own.enter(entered));
  assert.equal(own.enter(entered + 1), false);
});

Deno.test("a ledger keeps count through thousands of connections", () => {
  const random = printedRandom("descriptors");
  const memory = allocateDescriptorLedger();
  const own = new DescriptorLedger(memory);
  const open = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    const fd = between(random, 3, 600);
    if (open.delete(fd)) own.leave(fd);
    else {
      open.add(fd);
      own.enter(fd);
    }
  }
  const found = new DescriptorLedger(memory).open;
  assert.deepEqual(new Set(found), open);
  assert.equal(found.length, open.size);
});
