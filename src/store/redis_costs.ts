import type { CostLedger } from "./call_store.ts";
import { chinaDay } from "./china_day.ts";
import type { RedisConnection } from "./redis_connection.ts";
import { SPEND } from "./redis_scripts.ts";
import type { AddWrite } from "./redis_write.ts";

const EXPIRE_S = 3 * 86_400;

/** Parts of {@linkcode RedisCosts}. */
export interface RedisCostsOptions {
  readonly redis: RedisConnection;
  readonly add: AddWrite;
  /** The wall clock, in milliseconds. */
  readonly wallMs: () => number;
}

/** What all nodes have spent today, a sum for each day in China. Main thread. */
export class RedisCosts implements CostLedger {
  readonly #options: RedisCostsOptions;
  #spent = { day: "", cny: 0, waitingCny: 0 };

  constructor(options: RedisCostsOptions) {
    this.#options = options;
  }

  add(cny: number): void {
    if (!(cny > 0)) return;
    this.#today().waitingCny += cny;
    this.#options.add({
      holds: "cost",
      bounded: false,
      droppable: true,
      write: () => this.#write(cny),
    });
  }

  get spentTodayCny(): number {
    const { cny, waitingCny } = this.#today();
    return cny + waitingCny;
  }

  /** Reads what the others have spent. */
  async read(): Promise<void> {
    const day = this.#day();
    const { client } = this.#options.redis;
    const total = Number(await client.get(costKey(day)) ?? 0);
    if (!isAmount(total)) return;
    if (this.#spent.day === day) this.#spent.cny = total;
    else this.#spent = { day, cny: total, waitingCny: 0 };
  }

  async #write(cny: number): Promise<void> {
    const { redis } = this.#options;
    const day = this.#day();
    const reply = await redis.eval(SPEND, [costKey(day)], [cny, EXPIRE_S]);
    const total = Number(reply);
    if (this.#spent.day !== day || !isAmount(total)) return;
    this.#spent.cny = total;
    this.#spent.waitingCny = Math.max(0, this.#spent.waitingCny - cny);
  }

  #today() {
    const day = this.#day();
    if (this.#spent.day !== day) this.#spent = { day, cny: 0, waitingCny: 0 };
    return this.#spent;
  }

  #day(): string {
    return chinaDay(this.#options.wallMs());
  }
}

function costKey(day: string): string {
  return `vapi:cost:${day}`;
}

function isAmount(cny: number): boolean {
  return Number.isFinite(cny) && cny >= 0;
}
