import { parentPort } from "node:worker_threads";
import { Shard } from "../../src/shard/shard.ts";

/** The real shard until a caller presses a key: then it never comes back. */
const { receive } = Shard.prototype;
Shard.prototype.receive = function (message) {
  if (message.type === "dtmf") { while (true); }
  receive.call(this, message);
};
if (parentPort !== null) await import("../../workers/shard_worker.ts");
