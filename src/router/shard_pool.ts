import type { Log } from "../telemetry/log.ts";
import { placeCall } from "./placement.ts";
import { type LinkSettings, ShardLink } from "./shard_link.ts";

/** The worker's composition root. */
const WORKER = new URL("../../workers/shard_worker.ts", import.meta.url);
/** A shard that dies sooner than this after its start is started again only after a pause. */
const RESTART_PAUSE_MS = 1000;

/** Parts of a {@linkcode ShardPool}. */
export interface ShardPoolOptions {
  readonly shards: number;
  readonly settings: LinkSettings;
  readonly log: Log;
  /** Takes the log lines of the shards. */
  readonly logSink: (line: string) => void;
  /** A shard died; another is being started in its place. */
  readonly restarted: (shard: number) => void;
}

/**
 * The shards of this node, as many as were asked for: one that dies is
 * replaced. Main thread; the one place that makes workers.
 */
export class ShardPool {
  #options: ShardPoolOptions;
  #links: ShardLink[] = [];
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  constructor(options: ShardPoolOptions) {
    this.#options = options;
    for (let shard = 0; shard < options.shards; shard++) this.#start(shard);
  }

  /** Every shard, by number. */
  get links(): readonly ShardLink[] {
    return this.#links;
  }

  /** Whether every shard takes sessions. */
  get ready(): boolean {
    return this.#links.every((link) => link.running);
  }

  /** Resolves when every shard takes sessions; rejects when one could not be started. */
  async started(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.started));
  }

  /** The shard of a call; undefined while none takes sessions. */
  of(callId: string): ShardLink | undefined {
    const links = this.#links;
    const isUp = (shard: number) => links[shard].running;
    const link = links[placeCall(callId, links.length, isUp)];
    return link.running ? link : undefined;
  }

  /** Ends all workers. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const link of this.#links) link.terminate();
  }

  #start(shard: number): void {
    const { settings, logSink } = this.#options;
    const startedMs = performance.now();
    this.#links[shard] = new ShardLink({
      shard,
      worker: new Worker(WORKER, { type: "module", name: `shard ${shard}` }),
      settings,
      log: logSink,
      died: (error) => this.#replace(shard, startedMs, error),
    });
  }

  #replace(shard: number, startedMs: number, error: unknown): void {
    if (this.#closed) return;
    this.#options.log.error("A shard died and is being replaced", {
      shard,
      error,
    });
    this.#options.restarted(shard);
    const livedMs = performance.now() - startedMs;
    const pauseMs = Math.max(0, RESTART_PAUSE_MS - livedMs);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#start(shard);
    }, pauseMs);
    this.#timers.add(timer);
  }
}
