import type { CostLedger } from "./call_store.ts";
import { chinaDay } from "./china_day.ts";
import type { RedisConnection } from "./redis_connection.ts";
import { SPENT } from "./redis_scripts.ts";
import type { AddWrite } from "./redis_write.ts";

const EXPIRE_S = 3 * 86_400;

/** Parts of {@linkcode RedisCosts}. */
export interface RedisCostsOptions {
  readonly redis: RedisConnection;
  readonly add: AddWrite;
  /** Names this process among all. */
  readonly owner: string;
  /** The wall clock, in milliseconds. */
  readonly wallMs: () => number;
}

/** A day's costs, as this process knows them, in CNY. */
interface Day {
  readonly day: string;
  /** Of this process. */
  own: number;
  /** As much of it as is in `all`. */
  told: number;
  /** Of all processes, as Redis said last. */
  all: number;
  isWaiting: boolean;
}

/**
 * What all nodes have spent today. Each process tells what it has spent in all,
 * so that it may tell it as often as it likes: an answer that is lost counts
 * nothing twice, and a Redis that was emptied is told again. Main thread.
 */
export class RedisCosts implements CostLedger {
  readonly #options: RedisCostsOptions;
  #newest: Day;

  constructor(options: RedisCostsOptions) {
    this.#options = options;
    this.#newest = newDay(this.#today());
  }

  add(cny: number): void {
    if (!(cny > 0)) return;
    const day = this.#day();
    day.own += cny;
    this.#tellSoon(day);
  }

  get spentTodayCny(): number {
    const { all, own, told } = this.#day();
    return all + own - told;
  }

  /** Says what was spent here, and hears what all have spent. */
  async exchange(): Promise<void> {
    await this.#tell(this.#day());
  }

  #tellSoon(day: Day): void {
    if (day.isWaiting) return;
    day.isWaiting = true;
    this.#options.add({
      holds: "cost",
      bounded: false,
      droppable: true,
      write: async () => {
        const told = day.own;
        await this.#tell(day);
        day.isWaiting = false;
        // Spent meanwhile.
        if (day.own !== told) this.#tellSoon(day);
      },
      dropped: () => day.isWaiting = false,
    });
  }

  async #tell(day: Day): Promise<void> {
    const { redis, owner } = this.#options;
    const told = day.own;
    const key = `vapi:costs:${day.day}`;
    const reply = await redis.eval(SPENT, [key], [owner, told, EXPIRE_S]);
    const all = Number(reply);
    if (!Number.isFinite(all) || all < told) return;
    day.all = all;
    day.told = told;
  }

  #day(): Day {
    const today = this.#today();
    if (this.#newest.day !== today) this.#newest = newDay(today);
    return this.#newest;
  }

  #today(): string {
    return chinaDay(this.#options.wallMs());
  }
}

function newDay(day: string): Day {
  return { day, own: 0, told: 0, all: 0, isWaiting: false };
}
