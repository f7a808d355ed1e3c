import { parentPort } from "node:worker_threads";
import { LegHost } from "../../src/media/leg_host.ts";

/** The real media thread until a leg is to be closed: then it breaks, or never comes back. */
const fault = new URL(import.meta.url).hash.slice(1);
const { receive } = LegHost.prototype;
LegHost.prototype.receive = function (message) {
  if (message.type === "close" && fault === "loop") { while (true); }
  if (message.type === "close") throw new Error("the media thread breaks");
  receive.call(this, message);
};
if (parentPort !== null) await import("../../workers/media_worker.ts");
