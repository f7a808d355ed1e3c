import assert from "node:assert/strict";
import { allocateMailMark, MailMark } from "../../src/ring/mail_mark.ts";
import { WorkLoop } from "../../src/ring/work_loop.ts";
import { allocateWorkMark, WorkMark } from "../../src/ring/work_mark.ts";
import { until } from "../support/fake_timers.ts";

/** A loop whose work is `left` rounds, and the other thread's ends. */
function loopOf(
  options: {
    left: number;
    readonly turnMs?: number;
    readonly round?: (rounds: number) => boolean;
  },
) {
  const memory = allocateMailMark();
  const markMemory = allocateWorkMark();
  let rounds = 0;
  const loop = new WorkLoop({
    mail: new MailMark(memory),
    mark: new WorkMark(markMemory),
    roundMs: 2,
    turnMs: options.turnMs ?? 60_000,
    hasWork: () => options.left > 0,
    round: () => {
      options.left--;
      rounds++;
      return options.round?.(rounds) ?? false;
    },
  });
  return {
    loop,
    mail: new MailMark(memory),
    mark: new WorkMark(markMemory),
    rounds: () => rounds,
  };
}

Deno.test("a loop comes round at its pace while there is work, and rests afterwards", async () => {
  const work = { left: 20 };
  const { loop, mark, rounds } = loopOf(work);
  const beganMs = performance.now();
  loop.goOn();
  loop.goOn();
  await until(() => work.left === 0);
  assert.ok(performance.now() - beganMs >= 19 * 2 - 1);
  assert.equal(mark.rounds, 20);
  work.left = 3;
  loop.goOn();
  await until(() => work.left === 0);
  assert.equal(rounds(), 23);
});

Deno.test("who waits for a promise that a round settles goes on before the next round", async () => {
  const settled = Promise.withResolvers<void>();
  const { loop, rounds } = loopOf({
    left: 10,
    round(count) {
      if (count === 4) settled.resolve();
      return count === 4;
    },
  });
  loop.goOn();
  await settled.promise;
  assert.equal(rounds(), 4);
});

Deno.test("a message that is posted ends the loop's turn at once", async () => {
  const work = { left: 1e9 };
  const { loop, mail, rounds } = loopOf({
    get left() {
      return work.left;
    },
    set left(left) {
      work.left = left;
    },
    round(count) {
      if (count === 3) mail.posted();
      return false;
    },
  });
  loop.goOn();
  // The runtime has its turn: what stands here is what a message does.
  await until(() => rounds() >= 3);
  loop.received();
  work.left = 0;
  assert.ok(rounds() < 1000);
});

Deno.test("timers have their turn although nothing asks for it", async () => {
  const work = { left: 1e9 };
  const { loop, rounds } = loopOf({
    get left() {
      return work.left;
    },
    set left(left) {
      work.left = left;
    },
    turnMs: 10,
  });
  loop.goOn();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(rounds() > 0);
  work.left = 0;
});

Deno.test("a loop that was dismissed comes round no more", async () => {
  const { loop, mark, rounds } = loopOf({
    left: 1e9,
    round: (count) => (count === 5 && mark.dismiss(), false),
  });
  loop.goOn();
  await until(() => rounds() === 5);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(rounds(), 5);
});

Deno.test("a loop tells how late it was, and makes up for little of a long pause", async () => {
  const work = { left: 1e9 };
  let atPause = 0;
  const { loop, mark, rounds } = loopOf({
    get left() {
      return work.left;
    },
    set left(left) {
      work.left = left;
    },
    turnMs: 1,
    round(count) {
      if (count !== 3) return false;
      atPause = count;
      const untilMs = performance.now() + 300;
      while (performance.now() < untilMs);
      return false;
    },
  });
  loop.goOn();
  await until(() => rounds() > atPause && atPause > 0);
  await new Promise((resolve) => setTimeout(resolve, 1));
  work.left = 0;
  const lateMs = mark.takeLateMs();
  assert.ok(lateMs > 290, `${lateMs} ms`);
  assert.ok(rounds() < 3 + 100, `${rounds()} rounds`);
});
