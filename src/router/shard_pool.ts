import type { SupplierOutcome } from "../shard/protocol.ts";
import type { Log } from "../telemetry/log.ts";
import { placeCall } from "./placement.ts";
import { type LinkSettings, ShardLink } from "./shard_link.ts";
import type { StartShardThread } from "./shard_thread.ts";
import { SupplierBreakers } from "./supplier_breakers.ts";

/** A shard that dies sooner than this after its start is started again only after a pause. */
const RESTART_PAUSE_MS = 1000;
/** How often the shards' pulse is felt. */
const BEAT_MS = 200;

/** Parts of a {@linkcode ShardPool}. */
export interface ShardPoolOptions {
  readonly shards: number;
  readonly start: StartShardThread;
  readonly settings: LinkSettings;
  /** A shard that answers nothing for so long is replaced, in milliseconds. */
  readonly silentMs: number;
  readonly log: Log;
  /** Takes the log lines of the shards. */
  readonly logSink: (line: string) => void;
  /** A shard died; another is being started in its place. */
  readonly restarted: (shard: number) => void;
  /** How late the event loop of a shard was. */
  readonly delayed: (shard: number, delayMs: number) => void;
  /** A connection to a supplier was made, or was not. */
  readonly supplierTried: (
    supplier: string,
    outcome: SupplierOutcome,
  ) => void;
}

/**
 * The shards of this node, as many as were asked for: one that dies or hangs is
 * replaced. Main thread; the one place that makes workers. Keeps the suppliers'
 * circuit breakers, because all shards share them.
 */
export class ShardPool {
  #options: ShardPoolOptions;
  #links: ShardLink[] = [];
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #pulse: ReturnType<typeof setInterval>;
  #beatMs = performance.now();
  #waiting = new Set<() => void>();
  #breakers: SupplierBreakers;
  #closed = false;

  constructor(options: ShardPoolOptions) {
    this.#options = options;
    this.#breakers = new SupplierBreakers({
      changed: (unavailable) => this.#passOver(unavailable),
    });
    for (let shard = 0; shard < options.shards; shard++) this.#start(shard);
    this.#pulse = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** Every shard, by number. */
  get links(): readonly ShardLink[] {
    return this.#links;
  }

  /** Whether every shard takes sessions. */
  get ready(): boolean {
    return this.#links.every((link) => link.running);
  }

  /** Suppliers whose breaker is open. */
  get unavailableSuppliers(): readonly string[] {
    return this.#breakers.unavailable;
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

  /** The shard of a call, as soon as one takes sessions; undefined when none does within `withinMs`. */
  async waitFor(
    callId: string,
    withinMs: number,
  ): Promise<ShardLink | undefined> {
    const now = this.of(callId);
    if (now !== undefined) return now;
    const woken = Promise.withResolvers<void>();
    this.#waiting.add(woken.resolve);
    const timer = setTimeout(woken.resolve, withinMs);
    await woken.promise;
    clearTimeout(timer);
    this.#waiting.delete(woken.resolve);
    return this.of(callId);
  }

  /** Ends all workers. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#pulse);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#breakers.close();
    for (const link of this.#links) link.terminate();
    for (const wake of this.#waiting) wake();
  }

  #start(shard: number): void {
    const { settings, logSink, start, silentMs, delayed } = this.#options;
    const startedMs = performance.now();
    const link = new ShardLink({
      shard,
      start,
      settings,
      silentMs,
      log: logSink,
      supplier: (supplier, outcome) => {
        this.#breakers.report(supplier, outcome);
        this.#options.supplierTried(supplier, outcome);
      },
      delayed: (delayMs) => delayed(shard, delayMs),
      died: (error) => this.#replace(shard, startedMs, error),
    });
    this.#links[shard] = link;
    link.started.then(() => this.#welcome(link), () => {});
  }

  #welcome(link: ShardLink): void {
    const { unavailable } = this.#breakers;
    if (unavailable.length > 0) link.passOver(unavailable);
    for (const wake of this.#waiting) wake();
  }

  #replace(shard: number, startedMs: number, error: unknown): void {
    if (this.#closed) return;
    this.#options.log.error("A shard died and is being replaced", {
      shard,
      error,
    });
    this.#options.restarted(shard);
    const livedMs = performance.now() - startedMs;
    this.#startIn(Math.max(0, RESTART_PAUSE_MS - livedMs), shard);
  }

  #startIn(pauseMs: number, shard: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      try {
        this.#start(shard);
      } catch (error) {
        const { log } = this.#options;
        log.error("A shard could not be started", { shard, error });
        this.#startIn(RESTART_PAUSE_MS, shard);
      }
    }, pauseMs);
    this.#timers.add(timer);
  }

  #passOver(unavailable: readonly string[]): void {
    this.#options.log.warn("Suppliers that calls pass over", { unavailable });
    for (const link of this.#links) link.passOver(unavailable);
  }

  #beat(): void {
    const nowMs = performance.now();
    const pausedMs = Math.max(0, nowMs - this.#beatMs - BEAT_MS);
    this.#beatMs = nowMs;
    for (const link of this.#links) link.beat(pausedMs);
  }
}
