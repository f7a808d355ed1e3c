import assert from "node:assert/strict";
import type { ServerEventKey } from "../../../src/simulator/stepfun/event_names.ts";
import { startStepFun } from "../../../src/simulator/stepfun/start_stepfun.ts";
import { Client } from "./client.ts";

const RATE_HZ = 24_000;
const WAV = { samples: new Int16Array(RATE_HZ / 2).fill(900), rateHz: RATE_HZ };
const PAUSE_MS = 120;

Deno.test("a duplex session with a recording says it again and again, ahead of its pace, with pauses", async () => {
  const sent: [event: ServerEventKey, timeMs: number][] = [];
  const stepFun = startStepFun({
    mode: "duplex",
    wavs: [WAV],
    deltaMs: 100,
    realtimeFactor: 1,
    leadMs: 200,
    pauseMs: PAUSE_MS,
    onSent: (_index, event, timeMs) => sent.push([event, timeMs]),
  });
  const client = new Client(`${stepFun.url}?model=step-audio-2`);
  try {
    await client.opened;
    const timer = setInterval(() => client.append(new Int16Array(320)), 20);
    await client.until("response.done");
    await client.until("response.done");
    clearInterval(timer);
    const timesOf = (event: ServerEventKey) =>
      sent.filter(([key]) => key === event).map(([, timeMs]) => timeMs);
    const deltas = timesOf("audioDelta");
    assert.ok(deltas.length >= 10, `${deltas.length} deltas`);
    // The first three are due at once: 0, 100 and 200 ms of speech.
    assert.ok(deltas[2] - deltas[0] < 50, `${deltas[2] - deltas[0]} ms`);
    const spreadMs = deltas[4] - deltas[0];
    assert.ok(spreadMs >= 199, `${spreadMs} ms`);
    const [done] = timesOf("responseDone");
    const [, again] = timesOf("responseCreated");
    assert.ok(again - done >= PAUSE_MS, `${again - done} ms`);
  } finally {
    await client.close();
    await stepFun.close();
  }
});

Deno.test("a duplex session begins when its phase says so", async () => {
  let createdMs = 0;
  const startedMs = performance.now();
  const stepFun = startStepFun({
    mode: "duplex",
    phaseMs: (index) => index === 0 ? 200 : 0,
    onSent: (_index, event, timeMs) => {
      if (event === "responseCreated") createdMs ||= timeMs;
    },
  });
  const client = new Client(`${stepFun.url}?model=step-audio-2`);
  try {
    await client.opened;
    const timer = setInterval(() => client.append(new Int16Array(320)), 20);
    await client.until("response.created");
    clearInterval(timer);
    assert.ok(createdMs - startedMs >= 200, `${createdMs - startedMs} ms`);
  } finally {
    await client.close();
    await stepFun.close();
  }
});

Deno.test("a lead or a pause that makes no sense is refused", () => {
  for (const wrong of [{ leadMs: -1 }, { pauseMs: NaN }, { pauseMs: 1e6 }]) {
    assert.throws(() => startStepFun({ mode: "duplex", ...wrong }), RangeError);
  }
});
