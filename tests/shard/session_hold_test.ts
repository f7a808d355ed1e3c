import assert from "node:assert/strict";
import { askPrompt } from "../../src/shard/prompts.ts";
import { SessionRig } from "../support/session_rig.ts";

/** Frames a second. */
const FRAMES_A_SECOND = 50;

Deno.test("a caller on hold is not asked whether they are there, and once off hold after the usual time", async () => {
  using rig = await SessionRig.talking({ callerSilenceMs: 2000 });
  const asked = () => rig.model.told.some((text) => text.includes(askPrompt()));
  await rig.play(FRAMES_A_SECOND);
  rig.session.hold(true);
  await rig.play(60 * FRAMES_A_SECOND);
  assert.ok(!asked());
  rig.session.hold(false);
  await rig.play(1.9 * FRAMES_A_SECOND);
  assert.ok(!asked());
  await rig.play(0.2 * FRAMES_A_SECOND);
  assert.ok(asked());
});

Deno.test("what comes of a line on hold reaches the model as silence", async () => {
  using rig = await SessionRig.talking();
  const heard = () => rig.model.appended.at(-1)!.some((sample) => sample !== 0);
  await rig.play(10);
  assert.ok(heard());
  rig.session.hold(true);
  const before = rig.model.appended.length;
  await rig.play(20);
  assert.ok(rig.model.appended.length >= before + 9);
  assert.ok(!heard());
  rig.session.hold(false);
  await rig.play(10);
  assert.ok(heard());
});

Deno.test("a session may be opened for a caller who is on hold", async () => {
  using rig = await SessionRig.talking({ callerSilenceMs: 1000, held: true });
  await rig.play(10 * FRAMES_A_SECOND);
  assert.deepEqual(rig.model.told, []);
});
