import assert from "node:assert/strict";
import type { Store } from "../../src/store/call_store.ts";
import {
  eventOf,
  eventually,
  recordOf,
  written,
} from "../support/store_rig.ts";

/** A store under test, and what its events show. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Types of the events of a call so far, in order. */
  typesOf(callId: string): Promise<string[]>;
}

/** What every store does; `open` gives one whose grace for calls that parted is `graceMs`. */
export function testStore(
  name: string,
  open: (graceMs: number) => Promise<StoreUnderTest>,
): void {
  const id = () => crypto.randomUUID();

  Deno.test(`${name}: a new call has a first owner and nothing earlier`, async () => {
    await using rig = await open(60_000);
    assert.deepEqual(await rig.store.calls.take(id(), 1000), {
      epoch: 1,
      earlier: undefined,
    });
  });

  Deno.test(`${name}: who takes a call gets what was saved last, and a greater epoch`, async () => {
    await using rig = await open(60_000);
    const { calls } = rig.store;
    const callId = id();
    await calls.take(callId, 1000);
    calls.save(recordOf(callId, "first"));
    calls.save(recordOf(callId, "second"));
    await written(rig.store);
    const { epoch, earlier } = await calls.take(callId, 1000);
    assert.equal(epoch, 2);
    assert.deepEqual(earlier, recordOf(callId, "second"));
  });

  Deno.test(`${name}: a call that is over leaves nothing to go on with`, async () => {
    await using rig = await open(60_000);
    const { calls } = rig.store;
    const callId = id();
    await calls.take(callId, 1000);
    calls.save(recordOf(callId));
    calls.finish(callId);
    await written(rig.store);
    assert.equal((await calls.take(callId, 1000)).earlier, undefined);
  });

  Deno.test(`${name}: what is saved after the end changes nothing`, async () => {
    await using rig = await open(60_000);
    const { calls } = rig.store;
    const callId = id();
    await calls.take(callId, 1000);
    calls.finish(callId);
    calls.save(recordOf(callId));
    calls.save(recordOf(id()));
    await written(rig.store);
    assert.equal((await calls.take(callId, 1000)).earlier, undefined);
  });

  Deno.test(`${name}: events keep their order, the end comes last`, async () => {
    await using rig = await open(60_000);
    const { calls, events } = rig.store;
    const callId = id();
    await calls.take(callId, 1000);
    const types = ["started", "answered", "turn", "barge_in", "ended"] as const;
    for (const [i, type] of types.entries()) {
      events.append(eventOf(callId, type, i + 1));
    }
    calls.finish(callId);
    await written(rig.store);
    assert.deepEqual(await rig.typesOf(callId), [...types]);
  });

  Deno.test(`${name}: a call that parted and is taken goes on, without an end`, async () => {
    await using rig = await open(60_000);
    const { calls } = rig.store;
    const callId = id();
    await calls.take(callId, 1000);
    calls.save(recordOf(callId));
    await calls.part(callId, {
      ended: eventOf(callId, "ended"),
      withinMs: 1000,
    });
    const { earlier } = await calls.take(callId, 1000);
    assert.deepEqual(earlier, recordOf(callId));
    assert.deepEqual(await rig.typesOf(callId), []);
  });

  Deno.test(`${name}: a call that parted and is not taken ends, once`, async () => {
    await using rig = await open(100);
    const { calls } = rig.store;
    const callId = id();
    await calls.take(callId, 1000);
    calls.save(recordOf(callId));
    await calls.part(callId, {
      ended: eventOf(callId, "ended"),
      withinMs: 1000,
    });
    const isOver = async () => (await rig.typesOf(callId)).includes("ended");
    await eventually(isOver, "the call has ended");
    assert.equal((await calls.take(callId, 1000)).earlier, undefined);
    assert.deepEqual(await rig.typesOf(callId), ["ended"]);
  });

  Deno.test(`${name}: a call that parted with a grace of its own is kept for that`, async () => {
    await using rig = await open(100);
    const { calls } = rig.store;
    const [short, long] = [id(), id()];
    for (const callId of [long, short]) {
      await calls.take(callId, 1000);
      calls.save(recordOf(callId));
      await calls.part(callId, {
        ended: eventOf(callId, "ended"),
        withinMs: 1000,
        graceMs: callId === long ? 60_000 : undefined,
      });
    }
    const isOver = async () => (await rig.typesOf(short)).includes("ended");
    await eventually(isOver, "the other call has ended");
    const { earlier } = await calls.take(long, 1000);
    assert.deepEqual(earlier, recordOf(long));
    assert.deepEqual(await rig.typesOf(long), []);
  });

  Deno.test(`${name}: what was spent today adds up`, async () => {
    await using rig = await open(60_000);
    const { costs } = rig.store;
    assert.equal(costs.spentTodayCny, 0);
    costs.add(1.5);
    costs.add(0.25);
    costs.add(0);
    assert.equal(costs.spentTodayCny, 1.75);
    await written(rig.store);
    assert.equal(costs.spentTodayCny, 1.75);
  });
}
