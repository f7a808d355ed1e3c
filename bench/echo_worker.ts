/// <reference lib="deno.worker" />
import { DoorbellChime } from "../src/ring/doorbell.ts";
import { FrameConsumer, FrameProducer } from "../src/ring/frame_ring.ts";
import { ringsOf } from "../src/ring/layout.ts";

/** How the frames of a bench come to the worker and back. */
export type EchoTask =
  | { readonly by: "message" }
  | {
    readonly by: "ring";
    readonly rings: SharedArrayBuffer;
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
  const chime = new DoorbellChime(task.doorbell);
  setInterval(() => {
    chime.calls(() => {});
    for (let f = incoming.peek(); f !== undefined; f = incoming.peek()) {
      outgoing.claim()!.set(f);
      outgoing.publish();
      incoming.advance();
    }
  }, 1);
}
