import type { StartShardThread } from "../../src/router/shard_thread.ts";
import { FakeWorker } from "./fake_worker.ts";

/** Starts fake threads of shards. */
export class FakeWorkers {
  /** In the order in which they were started. */
  readonly made: FakeWorker[] = [];
  readonly shards: number[] = [];

  readonly start: StartShardThread = (shard, events) => {
    const worker = new FakeWorker();
    this.made.push(worker);
    this.shards.push(shard);
    return worker.start(shard, events);
  };

  /** The thread that was started last. */
  get newest(): FakeWorker {
    return this.made[this.made.length - 1];
  }
}
