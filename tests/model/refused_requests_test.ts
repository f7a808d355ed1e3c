import assert from "node:assert/strict";
import { ClientEvents } from "../../src/model/client_event.ts";
import { ResponseRequests } from "../../src/model/response_requests.ts";
import { stepFunProfile } from "../../src/model/stepfun_profile.ts";
import { FakeTimers } from "../support/fake_timers.ts";

/** Requests whose time passes as a test says, and when each was made. */
function start(timers: { readonly nowMs: () => number }) {
  const madeMs: number[] = [];
  const texts: string[] = [];
  const unanswered: number[] = [];
  let isBusy = false;
  const requests = new ResponseRequests({
    encode: new ClientEvents(stepFunProfile("step-audio-2")),
    send(frame) {
      const { type, item } = JSON.parse(frame);
      if (type === "response.create") madeMs.push(timers.nowMs());
      else texts.push(item.content[0].text);
    },
    busy: () => isBusy,
    timeoutMs: 10_000,
    unanswered: (waitedMs) => void unanswered.push(waitedMs),
  });
  return {
    requests,
    madeMs,
    texts,
    unanswered,
    busy: (is: boolean) => void (isBusy = is),
  };
}

const clock = () => {
  const startMs = performance.now();
  return { nowMs: () => Math.round(performance.now() - startMs) };
};

Deno.test("a request that is refused again and again is made six times more within ten seconds, and then the next one", async () => {
  using timers = new FakeTimers();
  const { requests, madeMs, texts, unanswered } = start(clock());
  requests.add("one");
  requests.add("two");
  for (let n = 0; n < 7; n++) {
    assert.equal(requests.areOpen, true);
    requests.alreadyRunning();
    requests.alreadyRunning();
    if (n < 6) await timers.pass([300, 600, 1200, 2400, 4800, 700][n]);
  }
  assert.deepEqual(madeMs, [0, 300, 900, 2100, 4500, 9300, 10_000, 10_000]);
  assert.deepEqual(unanswered, [10_000]);
  assert.deepEqual(texts, ["one", "two"]);
  requests.close();
  assert.equal(timers.pending, 0);
});

Deno.test("a refused request waits for the end of a response that begins meanwhile", async () => {
  using timers = new FakeTimers();
  const { requests, madeMs, busy } = start(clock());
  requests.add("one");
  requests.alreadyRunning();
  busy(true);
  requests.created();
  await timers.pass(5000);
  assert.deepEqual(madeMs, [0]);
  busy(false);
  requests.responseOver();
  assert.deepEqual(madeMs, [0, 5000]);
  requests.alreadyRunning();
  await timers.pass(600);
  assert.deepEqual(madeMs, [0, 5000, 5600]);
  requests.close();
});

Deno.test("a request that was refused before and after a response is not made after another one", async () => {
  using timers = new FakeTimers();
  const { requests, madeMs } = start(clock());
  requests.add("one");
  requests.alreadyRunning();
  requests.responseOver();
  requests.alreadyRunning();
  requests.created();
  requests.responseOver();
  await timers.pass(60_000);
  assert.deepEqual(madeMs, [0, 0]);
  assert.equal(requests.areOpen, false);
  requests.close();
});

Deno.test("a peer that refuses and ends responses for ever is asked for a while only", () => {
  using _timers = new FakeTimers();
  const { requests, madeMs, unanswered } = start(clock());
  requests.add("one");
  for (let n = 0; n < 100; n++) {
    requests.alreadyRunning();
    requests.responseOver();
  }
  assert.equal(madeMs.length, 7);
  assert.deepEqual(unanswered, [10_000]);
  requests.close();
});
