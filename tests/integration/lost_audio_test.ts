import assert from "node:assert/strict";
import type { LogLine } from "../../tools/server_process.ts";
import {
  executeCommand,
  ScriptedApplication,
  unicastCommand,
} from "../simulator/freeswitch/scripted_application.ts";
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

Deno.test("a call goes on by the next round in the frames of the other side's new offer", async () => {
  await withNode({}, async (rig) => {
    const call = rig.call();
    const isIn = (frameMs: number) => (line: LogLine) =>
      line.frameMs === frameMs;
    await rig.logged("The call has audio", isIn(20));
    call.renegotiate({ name: "PCMA", rateHz: 8000, frameMs: 30 });
    await rig.logged("The call has audio", isIn(30));
    call.hangUp();
    assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    assert.equal(call.stats.wrongSize, 0);
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

Deno.test("a call whose node is cut off between its request for audio and the first frame is never given audio twice", async () => {
  await withNode({}, async (rig) => {
    const lost = new ScriptedApplication();
    const socket = `127.0.0.1:${rig.server.eslPort}`;
    const call = rig.call({
      dialplan: [{ socket: lost.address }, { socket }, { socket }],
    });
    const node = await lost.acceptCall();
    await node.ask(executeCommand("answer"));
    await call.answered;
    await node.ask(`api uuid_setvar ${call.uuid} vapi_unicast asked`);
    await node.ask(unicastCommand(9));
    lost.close();
    await rig.logged("unicast was asked for and not begun: passed on");
    await rig.logged("The call has audio");
    call.hangUp();
    const { cause, actionsRun } = await call.ended;
    assert.equal(cause, "NORMAL_CLEARING");
    assert.equal(actionsRun.length, 3);
    assert.deepEqual(rig.freeSwitch.violations, []);
  });
});

function isWithAudio(line: LogLine): boolean {
  return line.message === "The call has audio";
}
