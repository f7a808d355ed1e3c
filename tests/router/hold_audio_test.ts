import assert from "node:assert/strict";
import { settle } from "../support/fake_timers.ts";
import { CallRig } from "../support/call_rig.ts";

/** A call whose audio pauses while its caller is on hold. */
async function heldWithoutAudio(
  line: "telephone" | "browser" = "telephone",
): Promise<CallRig> {
  const rig = new CallRig(undefined, { line });
  await rig.talk();
  rig.control.says.held(true);
  rig.leg.started!.onPaused!();
  await settle();
  await rig.timers.pass(3000);
  rig.leg.started!.onSilent!();
  await settle();
  return rig;
}

Deno.test("a caller on hold without audio is not sent through the dialplan's rounds", async () => {
  using rig = await heldWithoutAudio();
  assert.equal(rig.report, undefined);
  assert.ok(!rig.control.told.includes("leave"));
  rig.control.says.hungUp("NORMAL_CLEARING");
  rig.control.says.closed("end of file");
  await settle();
});

Deno.test("a caller who is off hold, and of whom no audio comes, is", async () => {
  using rig = await heldWithoutAudio();
  rig.control.says.held(false);
  await rig.timers.pass(1900);
  assert.ok(!rig.control.told.includes("leave"));
  await rig.timers.pass(200);
  assert.equal(rig.control.told.at(-1), "leave");
  await rig.timers.pass(3000);
  assert.equal(rig.report?.end.by, "media");
});

Deno.test("a browser on hold that sends nothing is let go of", async () => {
  using rig = await heldWithoutAudio("browser");
  await rig.timers.pass(3000);
  assert.equal(rig.report?.end.by, "media");
});

Deno.test("who is off hold before there is audio has as long as everybody", async () => {
  using rig = new CallRig(undefined, { held: true });
  await rig.run();
  rig.control.says.held(false);
  await rig.timers.pass(2500);
  assert.equal(rig.report, undefined);
});
