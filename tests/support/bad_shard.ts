import { parentPort, workerData } from "node:worker_threads";

/** A shard that starts, and then does what `workerData` says: loops for ever, or fills its heap. */
parentPort!.on("message", ({ type }: { type: string }) => {
  if (type === "start") parentPort!.postMessage({ type: "started" });
  if (type !== "open") return;
  const hoard: unknown[] = [];
  while (true) {
    if (workerData === "hoard") {
      hoard.push(new Array(1000).fill({}).map(() => ({})));
    }
  }
});
