import { allocateDoorbell, Doorbell } from "../src/ring/doorbell.ts";
import { FrameConsumer, FrameProducer } from "../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../src/ring/layout.ts";
import type { EchoTask } from "./echo_worker.ts";

/** 20 ms at 8 kHz: 320 bytes. */
const FRAME_SAMPLES = 160;

const frame = Int16Array.from({ length: FRAME_SAMPLES }, (_, i) => i * 7);
const rings = allocateRings();
const doorbell = allocateDoorbell();
await start({
  by: "ring",
  rings,
  doorbell,
  frameSamples: FRAME_SAMPLES,
});
const messaging = await start({ by: "message" });
const { uplink, downlink } = ringsOf(rings);
const outgoing = new FrameProducer(uplink, FRAME_SAMPLES);
const incoming = new FrameConsumer(downlink, FRAME_SAMPLES);
const button = new Doorbell(doorbell).button(1);
const received = new Int16Array(FRAME_SAMPLES);

const alone = ringsOf(allocateRings()).uplink;
const giver = new FrameProducer(alone, FRAME_SAMPLES);
const taker = new FrameConsumer(alone, FRAME_SAMPLES);

Deno.bench("ring: give and take a frame", { group: "one thread" }, () => {
  giver.put(frame);
  taker.take(received);
});

Deno.bench(
  "structuredClone of its bytes",
  { group: "one thread", baseline: true },
  () => {
    received.set(structuredClone(frame));
  },
);

Deno.bench("ring: give a frame to a worker", { group: "give" }, (bench) => {
  bench.start();
  giveByRing();
  bench.end();
  while (drain() === 0);
});

Deno.bench(
  "postMessage: give a frame to a worker",
  { group: "give", baseline: true },
  async (bench) => {
    const echoed = nextMessage(messaging);
    bench.start();
    messaging.postMessage(frame);
    bench.end();
    await echoed;
  },
);

function giveByRing(): void {
  outgoing.put(frame);
  button.press();
}

/** Takes what has come back; returns how many frames that is. */
function drain(): number {
  let count = 0;
  while (incoming.take(received)) count++;
  return count;
}

async function start(task: EchoTask): Promise<Worker> {
  const url = new URL("./echo_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const ready = nextMessage(worker);
  worker.postMessage(task);
  await ready;
  return worker;
}

function nextMessage(worker: Worker): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  worker.onmessage = ({ data }) => resolve(data);
  return promise;
}
