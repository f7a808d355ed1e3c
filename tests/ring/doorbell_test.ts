import assert from "node:assert/strict";
import {
  allocateDoorbell,
  Doorbell,
  DoorbellChime,
} from "../../src/ring/doorbell.ts";
import { RingThread } from "../support/ring_thread.ts";
import { printedRandom, spin } from "../support/seeded_random.ts";

function callsOf(chime: DoorbellChime) {
  const calls: number[] = [];
  const all = chime.calls((call) => calls.push(call));
  return { calls, all };
}

Deno.test("the chime tells who has pressed since the last time, in order", () => {
  const buffer = allocateDoorbell();
  const chime = new DoorbellChime(buffer);
  const bell = new Doorbell(buffer);
  const [seven, nine] = [bell.button(7), bell.button(9)];
  assert.deepEqual(callsOf(chime), { calls: [], all: true });
  seven.press();
  nine.press();
  seven.press();
  assert.deepEqual(callsOf(chime), { calls: [7, 9, 7], all: true });
  nine.press();
  assert.deepEqual(callsOf(chime), { calls: [9], all: true });
});

Deno.test("more presses than are remembered are told as such, and those after them as ever", () => {
  const buffer = allocateDoorbell();
  new Int32Array(buffer)[0] = 0x7fffff00;
  const chime = new DoorbellChime(buffer);
  const bell = new Doorbell(buffer);
  const buttons = Array.from({ length: 4096 }, (_, i) => bell.button(i));
  for (const button of buttons) button.press();
  assert.deepEqual(callsOf(chime), {
    calls: Array.from(buttons.keys()),
    all: true,
  });
  for (const button of buttons) button.press();
  buttons[0].press();
  assert.deepEqual(callsOf(chime), { calls: [], all: false });
  buttons[3].press();
  assert.deepEqual(callsOf(chime), { calls: [3], all: true });
});

Deno.test("presses that overtake the telling are told as such", () => {
  const buffer = allocateDoorbell();
  const chime = new DoorbellChime(buffer);
  const button = new Doorbell(buffer).button(5);
  for (let i = 0; i < 4000; i++) button.press();
  let told = 0;
  const all = chime.calls(() => {
    if (told++ === 0) { for (let i = 0; i < 200; i++) button.press(); }
  });
  // 104 of them were pressed over, the first one after it was told.
  assert.deepEqual({ told, all }, { told: 4000 - 103, all: false });
});

Deno.test("no press is lost between two threads", async () => {
  const random = printedRandom("presses of two threads");
  const presses = 50_000;
  const doorbell = allocateDoorbell();
  /** How many presses the chime has told; −1 before it listens. */
  const words = new Int32Array(new SharedArrayBuffer(4));
  words[0] = -1;
  using thread = new RingThread({
    task: "chime",
    doorbell,
    words: words.buffer as SharedArrayBuffer,
    until: presses,
  });
  awaitAnswer(words, 0);
  const button = new Doorbell(doorbell).button(1);
  for (let press = 1; press <= presses; press++) {
    button.press();
    if (random() < 0.9 || press === presses) awaitAnswer(words, press);
    spin(random, 500);
  }
  assert.equal(await thread.result<number>(), presses);
});

Deno.test("no press of two threads that press one bell is lost without a word", async () => {
  const random = printedRandom("two threads that press");
  const presses = 50_000;
  const doorbell = allocateDoorbell();
  const chime = new DoorbellChime(doorbell);
  const told = [0, 0, 0];
  let gaps = 0;
  const words = new Int32Array(new SharedArrayBuffer(8));
  const listen = () => {
    const rung = Atomics.load(new Int32Array(doorbell), 0);
    if (!chime.calls((call) => told[call]++)) gaps++;
    Atomics.store(words, 1, rung);
  };
  using thread = new RingThread({
    task: "press",
    doorbell,
    words: words.buffer as SharedArrayBuffer,
    call: 1,
    presses,
  });
  awaitAnswer(words, 1);
  const button = new Doorbell(doorbell).button(2);
  for (let press = 0; press < presses; press++) {
    button.press();
    spin(random, 100);
    if (press % 8 === 0) listen();
  }
  while (Atomics.load(words, 0) < 2) listen();
  await thread.result<number>();
  listen();
  const lost = 2 * presses - told[1] - told[2];
  assert.equal(told[0], 0);
  assert.ok(lost >= 0, `${told}`);
  // Each thread is in the middle of one press at most when the other listens.
  assert.ok(lost <= gaps, `${lost} presses lost, ${gaps} gaps`);
});

/** Looks without sleeping, so that the next press comes while the chime is told of the last. */
function awaitAnswer(words: Int32Array, press: number): void {
  const endMs = performance.now() + 10_000;
  for (let looks = 1; Atomics.load(words, 0) < press; looks++) {
    if (looks % 1000 > 0) continue;
    assert.ok(performance.now() < endMs, `press ${press} was lost`);
  }
}
