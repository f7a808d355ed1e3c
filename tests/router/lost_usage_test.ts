import assert from "node:assert/strict";
import type { AudioLegCounts } from "../../src/router/audio_leg.ts";
import { CallRig } from "../support/call_rig.ts";
import { settle } from "../support/fake_timers.ts";

/** A talking call of whose leg a test says how many frames it has carried. */
async function talk(frameMs = 20) {
  let frames = 0;
  const rig = new CallRig((leg) =>
    Object.defineProperty(leg, "counts", {
      get: (): Partial<AudioLegCounts> => ({
        uplinkFrames: frames,
        downlinkFrames: frames,
      }),
    })
  );
  rig.control.format = { codec: "PCMA", rateHz: 8000, frameMs };
  await rig.talk();
  return { rig, carry: (count: number) => frames += count };
}

const NO_TOKENS = { inputTokens: 0, outputTokens: 0 };

for (
  const [what, lose] of [
    ["dies", (rig: CallRig) => Promise.resolve(rig.worker.crash("boom"))],
    ["hangs", (rig: CallRig) => rig.timers.pass(2000)],
  ] as const
) {
  Deno.test(`what a session has done is estimated when its shard ${what} while it is closed`, async () => {
    const { rig, carry } = await talk();
    using _rig = rig;
    carry(50);
    rig.worker.answersClose = false;
    rig.control.says.hungUp("NORMAL_CLEARING");
    rig.control.says.closed("end of file");
    await settle();
    await lose(rig);
    await settle();
    assert.deepEqual(rig.report?.summary?.usage, [
      { supplier: "stepfun", uplinkMs: 1000, downlinkMs: 1000, ...NO_TOKENS },
    ]);
  });
}

Deno.test("what a lost session has done is put down to the supplier that it had resumed with", async () => {
  const { rig, carry } = await talk();
  using _rig = rig;
  rig.worker.say({
    type: "fact",
    callId: "call",
    fact: { fact: "resumed", supplier: "qwen" },
  });
  carry(5);
  rig.link = undefined;
  rig.worker.crash("boom");
  await settle();
  const usage = rig.report?.summary?.usage ?? [];
  assert.deepEqual(usage.map(({ supplier }) => supplier), ["qwen"]);
});

Deno.test("what a lost session has done is counted by the length of its frames", async () => {
  const { rig, carry } = await talk(60);
  using _rig = rig;
  carry(50);
  rig.link = undefined;
  rig.worker.crash("boom");
  await settle();
  const [usage] = rig.report?.summary?.usage ?? [];
  assert.deepEqual([usage.uplinkMs, usage.downlinkMs], [3000, 3000]);
});
