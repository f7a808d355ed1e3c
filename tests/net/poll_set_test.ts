import assert from "node:assert/strict";
import type { Libc } from "../../src/net/libc.ts";
import { PollSet } from "../../src/net/poll_set.ts";
import { FakeTimers } from "../support/fake_timers.ts";

const EPOLL = 99;
const IS_X86 = Deno.build.arch === "x86_64";

/** A system whose descriptors are ready as often as `left` says. */
class ScriptedSystem {
  readonly left = new Map<number, number>();
  readonly closed: number[] = [];
  refuses = false;
  calls = 0;
  readonly libc = {
    epoll_create1: () => EPOLL,
    epoll_ctl: () => this.refuses ? -1 : 0,
    epoll_wait: (_epoll: number, events: Uint8Array) => this.#tell(events),
    close: (fd: number) => {
      this.left.delete(fd);
      return this.closed.push(fd);
    },
  } as unknown as Libc;

  /** A member that has so much, and what it does with each. */
  member(fd: number, count: number, act = () => {}) {
    this.left.set(fd, count);
    return {
      ready: () => {
        const left = this.left.get(fd) ?? 0;
        if (left === 0) return false;
        this.left.set(fd, left - 1);
        act();
        return true;
      },
    };
  }

  #tell(events: Uint8Array): number {
    this.calls++;
    const fields = new DataView(events.buffer);
    const ready = [...this.left].filter(([, left]) => left > 0);
    ready.forEach(([fd], i) => {
      fields.setUint32(i * (IS_X86 ? 12 : 16), 1, true);
      fields.setInt32(i * (IS_X86 ? 12 : 16) + (IS_X86 ? 4 : 8), fd, true);
    });
    return ready.length;
  }
}

Deno.test("a poll set takes turns among its members until none has more", async () => {
  using timers = new FakeTimers();
  const system = new ScriptedSystem();
  const set = new PollSet(system.libc);
  const told: number[] = [];
  set.add(5, system.member(5, 3, () => told.push(5)));
  set.add(6, system.member(6, 2, () => told.push(6)));
  await timers.pass(4);
  assert.deepEqual(told, [5, 6, 5, 6, 5]);
  set.remove(5);
  set.remove(6);
});

Deno.test("a poll set leaves a flood and goes on with it at once, behind what else is due", async () => {
  using timers = new FakeTimers();
  const system = new ScriptedSystem();
  const set = new PollSet(system.libc, { pollMs: 20 });
  set.add(5, system.member(5, 1000));
  await timers.pass(19);
  assert.equal(system.calls, 0);
  const others: number[] = [];
  setTimeout(() => others.push(system.left.get(5)!), 1);
  await timers.pass(1);
  assert.ok(others[0] > 800, `${others[0]}`);
  assert.equal(system.left.get(5), 0);
  set.remove(5);
});

Deno.test("a descriptor that is removed while others are told of is closed behind them", async () => {
  using timers = new FakeTimers();
  const system = new ScriptedSystem();
  const set = new PollSet(system.libc);
  let closedEarly = false;
  const told: number[] = [];
  set.add(
    5,
    system.member(5, 1, () => {
      set.remove(6);
      closedEarly = system.closed.length > 0;
    }),
  );
  set.add(6, system.member(6, 1, () => told.push(6)));
  await timers.pass(4);
  assert.equal(closedEarly, false);
  assert.deepEqual(told, []);
  assert.deepEqual(system.closed, [6]);
  set.remove(5);
});

Deno.test("a poll set without members has no timer and no descriptor, however it was emptied", async () => {
  using timers = new FakeTimers();
  const system = new ScriptedSystem();
  const set = new PollSet(system.libc);
  set.add(5, system.member(5, 1, () => set.remove(5)));
  await timers.pass(4);
  assert.deepEqual(system.closed, [5, EPOLL]);
  set.add(7, system.member(7, 0));
  set.remove(7);
  set.remove(7);
  assert.deepEqual(system.closed, [5, EPOLL, 7, EPOLL]);
  system.refuses = true;
  assert.equal(set.add(8, system.member(8, 0)), false);
  assert.deepEqual(system.closed, [5, EPOLL, 7, EPOLL, EPOLL]);
  assert.equal(timers.pending, 0);
  assert.equal(set.size, 0);
});

Deno.test("a poll set whose member throws looks on", async () => {
  using timers = new FakeTimers();
  const system = new ScriptedSystem();
  const set = new PollSet(system.libc);
  set.add(
    5,
    system.member(5, 1, () => {
      throw new Error("a defect");
    }),
  );
  await assert.rejects(() => timers.pass(4), /a defect/);
  system.left.set(6, 1);
  set.add(6, system.member(6, 1));
  await timers.pass(4);
  assert.equal(system.left.get(6), 0);
  set.remove(5);
  set.remove(6);
});

Deno.test("a descriptor that is released is told of no more, and left open", async () => {
  using timers = new FakeTimers();
  const system = new ScriptedSystem();
  const set = new PollSet(system.libc);
  const told: number[] = [];
  set.add(5, system.member(5, 9, () => (told.push(5), set.release(5))));
  set.add(6, system.member(6, 1, () => told.push(6)));
  await timers.pass(4);
  assert.deepEqual(told, [5, 6]);
  assert.deepEqual(system.closed, []);
  assert.equal(set.size, 1);
  set.remove(6);
  assert.deepEqual(system.closed, [6, EPOLL]);
});

Deno.test("the set's own descriptor is noted while it is open, and not opened where there is no room for it", () => {
  using _timers = new FakeTimers();
  const system = new ScriptedSystem();
  const noted = new Set<number>();
  let room = true;
  const notes = {
    enter: (fd: number) => (room && noted.add(fd), room),
    leave: (fd: number) => void noted.delete(fd),
  };
  const set = new PollSet(system.libc, { notes });
  assert.ok(set.add(5, system.member(5, 0)));
  assert.deepEqual([...noted], [EPOLL]);
  set.remove(5);
  assert.equal(noted.size, 0);
  room = false;
  assert.ok(!set.add(6, system.member(6, 0)));
  assert.deepEqual(system.closed, [5, EPOLL, EPOLL]);
});

Deno.test("a set that is halted serves nobody any more, not even in the middle of a look", () => {
  const system = new ScriptedSystem();
  let halted = false;
  const halts = () => halted;
  const set = new PollSet(system.libc, { pollMs: "never", halted: halts });
  let served = 0;
  for (const fd of [1, 2, 3]) {
    const act = () => {
      served++;
      halted = fd === 2;
    };
    set.add(fd, system.member(fd, 1, act));
  }
  set.look();
  set.look();
  assert.equal(served, 2);
});
