import { parentPort } from "node:worker_threads";
import { FrameExchange } from "../../src/media/frame_exchange.ts";
import { LegHost } from "../../src/media/leg_host.ts";

/** The real media thread until a leg is to be closed: then it breaks, or never comes back. */
const fault = new URL(import.meta.url).hash.slice(1);
const { receive } = LegHost.prototype;
LegHost.prototype.receive = function (message) {
  if (message.type === "close" && fault === "loop") { while (true); }
  if (message.type === "close" && fault === "throw") {
    throw new Error("the media thread breaks");
  }
  receive.call(this, message);
};
/** Or until it hears a frame of this number. */
const POISON = 666;
const { give } = FrameExchange.prototype;
FrameExchange.prototype.give = function (frame) {
  const number = frame[0] | frame[1] << 8;
  if (fault === "poison" && number === POISON) { while (true); }
  give.call(this, frame);
};
if (parentPort !== null) await import("../../workers/media_worker.ts");
