import assert from "node:assert/strict";
import { createLog } from "../../src/telemetry/log.ts";
import { SessionRig } from "../support/session_rig.ts";

Deno.test("a model that floods its session is not passed on, and is heard again afterwards", async () => {
  using rig = await SessionRig.talking();
  for (let i = 0; i < 20_000; i++) {
    rig.model.says.speechStarted();
    rig.model.says.speechStopped();
    rig.model.callFunction({ id: `${i}`, name: "f", arguments: "{}" });
  }
  assert.ok(rig.told.length < 200, `${rig.told.length} messages`);
  await rig.timers.pass(2000);
  const before = rig.told.length;
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  assert.equal(rig.told.length, before + 2);
});

Deno.test("a model that says more than is written down does not fill the log either", async () => {
  let lines = 0;
  const log = createLog({
    level: "info",
    showPii: true,
    sink: () => lines++,
  });
  using rig = await SessionRig.talking({ log });
  for (let i = 0; i < 20_000; i++) {
    rig.model.says.callerSaid(`${i}`);
    rig.model.says.assistantSaid(`${i}`);
  }
  assert.ok(lines < 5000, `${lines} lines`);
});
