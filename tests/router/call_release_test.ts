import assert from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";
import { CallRig } from "../support/call_rig.ts";
import { settle } from "../support/fake_timers.ts";

Deno.test("the rings of a shard that died are not lent again", async () => {
  using rig = new CallRig();
  await rig.talk();
  assert.equal(rig.rings.lent, 1);
  rig.link = undefined;
  rig.worker.crash("out of memory");
  await settle();
  assert.deepEqual(rig.report?.end, { by: "shard" });
  assert.equal(rig.report?.summary?.turns, 0);
  assert.deepEqual([rig.rings.lent, rig.rings.free], [0, 0]);
  assert.equal(rig.timers.pending, 0);
});

Deno.test("the rings of a shard that does not let go in time are not lent again", async () => {
  using rig = new CallRig();
  await rig.talk();
  rig.worker.answersClose = false;
  rig.control.says.hungUp("NORMAL_CLEARING");
  rig.control.says.closed("end of file");
  await rig.timers.pass(1999);
  assert.equal(rig.report, undefined);
  assert.equal(rig.rings.lent, 1);
  await rig.timers.pass(1);
  assert.ok(rig.report);
  assert.deepEqual([rig.rings.lent, rig.rings.free], [0, 0]);
  assert.equal(rig.timers.pending, 0);
});

Deno.test("the first reason to end a call is the one that counts", async () => {
  using rig = new CallRig();
  await rig.talk();
  rig.call.end({ by: "drain" });
  rig.call.end({ by: "limit" });
  rig.control.says.hungUp("NORMAL_CLEARING");
  rig.control.says.closed("end of file");
  await settle();
  assert.deepEqual(rig.report?.end, { by: "drain" });
  assert.ok(rig.control.told.includes("setVariable vapi_reason=drain"));
});

Deno.test("a farewell that fails still leaves and frees", async () => {
  using rig = new CallRig();
  const gone = () => Promise.reject(new ProtocolError("gone"));
  rig.control.outcomes.setVariable = gone;
  await rig.talk();
  rig.call.end({ by: "drain" });
  await settle();
  assert.equal(rig.control.told.at(-1), "leave");
  assert.equal(rig.rings.lent, 0);
  assert.ok(rig.report);
});

/** What may come together with a reply of FreeSWITCH. */
const ENDINGS: Readonly<Record<string, (rig: CallRig) => void>> = {
  hangup(rig) {
    rig.control.says.hungUp("ORIGINATOR_CANCEL");
    rig.control.says.closed("end of file");
  },
  shard(rig) {
    rig.link = undefined;
    rig.worker.crash("out of memory");
  },
};

for (const command of ["takeOver", "answer", "startUnicast"]) {
  for (const [by, end] of Object.entries(ENDINGS)) {
    Deno.test(`an end by ${by} that comes with the reply to ${command} leaves no timer and no ring behind`, async () => {
      // Whichever of the two a promise carries faster.
      for (let turns = 0; turns < 16; turns++) {
        using rig = new CallRig();
        rig.control.outcomes[command] = async () => {
          endAfter(turns, () => end(rig));
          await Promise.resolve();
        };
        await rig.talk();
        assert.equal(rig.report?.end.by, by);
        assert.equal(rig.rings.lent, 0, `after ${turns} turns`);
        assert.equal(rig.timers.pending, 0, `after ${turns} turns`);
      }
    });
  }
}

/** Ends the call after so many turns of the promises' queue. */
async function endAfter(turns: number, end: () => void): Promise<void> {
  for (let i = 0; i < turns; i++) await undefined;
  end();
}

Deno.test("a call that leaves before FreeSWITCH has obeyed unicast waits for it, but not for long", async () => {
  for (const obeys of [true, false]) {
    using rig = new CallRig();
    await rig.run();
    rig.worker.say({ type: "opened", callId: "call" });
    await settle();
    assert.equal(rig.control.told.at(-1), "startUnicast 127.0.0.1:40000");
    rig.call.end({ by: "drain" });
    await settle();
    assert.equal(rig.leg.closings, 0);
    assert.notEqual(rig.control.told.at(-1), "leave");
    if (obeys) rig.leg.first.resolve();
    await rig.timers.pass(obeys ? 0 : 500);
    assert.equal(rig.control.told.at(-1), "leave");
    assert.equal(rig.leg.closings, 1);
    assert.equal(rig.timers.pending, 0);
  }
});

for (const resumed of [true, false]) {
  Deno.test(`a call without audio that ${resumed ? "another node has begun is left to the next one" : "is new is hung up"}`, async () => {
    using rig = new CallRig((leg) => leg, { resumed });
    await rig.run();
    rig.worker.say({ type: "opened", callId: "call" });
    await settle();
    rig.leg.first.reject(new DOMException("No audio came", "TimeoutError"));
    await settle();
    rig.control.says.closed("end of file");
    await rig.timers.pass(2000);
    assert.equal(rig.report?.end.by, "media");
    const expected = resumed
      ? "setVariable vapi_cause=MEDIA_TIMEOUT"
      : "hangUp MEDIA_TIMEOUT";
    assert.ok(rig.control.told.includes(expected), rig.control.told.join());
    assert.equal(rig.timers.pending, 0);
  });
}
