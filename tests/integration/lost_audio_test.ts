import assert from "node:assert/strict";
import type { LogLine } from "../../tools/server_process.ts";
import { withNode } from "../support/node_rig.ts";

Deno.test("a call goes on by the next round when FreeSWITCH ends the audio for another codec", async () => {
  await withNode({}, async (rig) => {
    const call = rig.call();
    await rig.logged("The assistant said something");
    // The greeting is made while it rings: audio that has not begun cannot be ended.
    await rig.logged("The call has audio");
    call.renegotiate();
    const ended = await rig.logged("The call has ended");
    assert.equal((ended.end as { by: string }).by, "media");
    await rig.logged("A call goes on here");
    await rig.logged(
      "The call has audio",
      () => rig.logs.filter(isWithAudio).length === 2,
    );
    call.hangUp();
    assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    assert.deepEqual(rig.freeSwitch.violations, []);
  });
});

Deno.test("a call that somebody transfers is let go of, and is not hung up", async () => {
  await withNode({}, async (rig) => {
    const call = rig.call();
    await rig.logged("The call has audio");
    call.transfer();
    const ended = await rig.logged("The call has ended");
    assert.equal((ended.end as { by: string }).by, "connection");
    call.hangUp();
    const outcome = await call.ended;
    assert.equal(outcome.cause, "NORMAL_CLEARING");
    const sockets = outcome.actionsRun.filter((run) => /^socket/.test(run));
    assert.equal(sockets.length, 1);
  });
});

function isWithAudio(line: LogLine): boolean {
  return line.message === "The call has audio";
}
