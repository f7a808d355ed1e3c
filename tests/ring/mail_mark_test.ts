import assert from "node:assert/strict";
import { allocateMailMark, MailMark } from "../../src/ring/mail_mark.ts";

Deno.test("what was posted waits until as much was received, also what was posted before the receiver", () => {
  const memory = allocateMailMark();
  const sender = new MailMark(memory);
  sender.posted();
  const receiver = new MailMark(memory);
  assert.ok(receiver.waiting);
  receiver.took();
  assert.ok(!receiver.waiting);
  sender.posted();
  sender.posted();
  receiver.took();
  assert.ok(receiver.waiting);
  receiver.took();
  assert.ok(!receiver.waiting);
});

Deno.test("a receiver for which a message waits does not sleep, and another sleeps as long as it was told", () => {
  const memory = allocateMailMark();
  const receiver = new MailMark(memory);
  const beganMs = performance.now();
  receiver.sleep(20);
  assert.ok(performance.now() - beganMs >= 19);
  new MailMark(memory).posted();
  receiver.sleep(1e9);
  assert.ok(receiver.waiting);
});
