import type { Store } from "../store/call_store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { LoadGauge } from "./load_gauge.ts";
import type { ShardPool } from "./shard_pool.ts";

/** Parts of a {@linkcode NodeMeter}. */
export interface NodeMeterOptions {
  readonly metrics: Metrics;
  readonly pool: ShardPool;
  readonly load: LoadGauge;
  readonly store: Pick<Store, "health" | "costs">;
  /** Every supplier of every assistant. */
  readonly suppliers: readonly string[];
  readonly maxCalls: number;
  /** Whether new calls are taken. */
  readonly ready: () => boolean;
  readonly budgetCnyPerDay?: number;
  readonly version: string;
}

/** Turns what the node knows of itself, its suppliers and its store into metrics. Main thread. */
export class NodeMeter {
  #options: NodeMeterOptions;

  constructor(options: NodeMeterOptions) {
    this.#options = options;
    const { metrics, maxCalls, budgetCnyPerDay, version } = options;
    metrics.maxCalls.set(maxCalls);
    metrics.budget.set(budgetCnyPerDay ?? 0);
    metrics.buildInfo.set({ version }, 1);
  }

  /** Brings the gauges up to date, for a scrape. */
  measure(): void {
    const { metrics, pool, load, store, suppliers } = this.#options;
    metrics.ready.set(this.#options.ready() ? 1 : 0);
    metrics.budgetSpent.set(store.costs.spentTodayCny);
    const resting = pool.unavailableSuppliers;
    for (const supplier of suppliers) {
      const available = resting.includes(supplier) ? 0 : 1;
      metrics.supplierAvailable.set({ supplier }, available);
    }
    metrics.loopDelay.reset();
    for (const [thread, delayMs] of load.delaysMs) {
      metrics.loopDelay.set({ thread }, delayMs / 1000);
    }
    this.#measureStore();
  }

  #measureStore(): void {
    const { metrics, store } = this.#options;
    const { up, waiting, errors, swept, ...dropped } = store.health;
    metrics.storeUp.set(up ? 1 : 0);
    metrics.storeWaiting.set(waiting);
    metrics.storeErrors.reset();
    metrics.storeErrors.inc(errors);
    metrics.sessionsSwept.reset();
    metrics.sessionsSwept.inc(swept);
    metrics.storeDropped.reset();
    metrics.storeDropped.inc({ kind: "event" }, dropped.droppedEvents);
    metrics.storeDropped.inc({ kind: "session" }, dropped.droppedSessions);
  }
}
