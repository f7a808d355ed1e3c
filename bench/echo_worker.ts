/// <reference lib="deno.worker" />
import { DoorbellChime } from "../src/ring/doorbell.ts";
import { FrameConsumer, FrameProducer } from "../src/ring/frame_ring.ts";
import { type RingPlace, ringsOf } from "../src/ring/layout.ts";

/** How the frames of a bench come to the worker and back. */
export type EchoTask =
  | { readonly by: "message" }
  | {
    readonly by: "ring";
    readonly rings: RingPlace;
    readonly doorbell: SharedArrayBuffer;
    readonly frameSamples: number;
  };

self.onmessage = ({ data }: MessageEvent<EchoTask>) => {
  if (data.by === "ring") echoRing(data);
  else self.onmessage = ({ data }) => self.postMessage(data);
  self.postMessage("ready");
};

function echoRing(task: Extract<EchoTask, { by: "ring" }>) {
  const { uplink, downlink } = ringsOf(task.rings);
  const incoming = new FrameConsumer(uplink, task.frameSamples);
  const outgoing = new FrameProducer(downlink, task.frameSamples);
  const frame = new Int16Array(task.frameSamples);
  const chime = new DoorbellChime(task.doorbell);
  setInterval(() => {
    chime.calls(() => {});
    while (incoming.take(frame)) outgoing.put(frame);
  }, 1);
}
