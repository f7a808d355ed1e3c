import type { SupplierUsage } from "./protocol.ts";

type Usage = { -readonly [K in keyof SupplierUsage]: SupplierUsage[K] };

/** Counts what each supplier has done for a call. Shard's thread. */
export class UsageMeter {
  #bySupplier = new Map<string, Usage>();
  /** Of the supplier that did something last, which is nearly always the one that does now. */
  #latest?: Usage;

  /** Speech sent, in milliseconds. */
  sent(supplier: string, ms: number): void {
    this.#of(supplier).uplinkMs += ms;
  }

  /** Speech received, in milliseconds, also what nobody heard: it is paid for. */
  received(supplier: string, ms: number): void {
    this.#of(supplier).downlinkMs += ms;
  }

  /** Tokens, as the supplier counted them. */
  counted(
    supplier: string,
    tokens: { readonly inputTokens: number; readonly outputTokens: number },
  ): void {
    const usage = this.#of(supplier);
    usage.inputTokens += tokens.inputTokens;
    usage.outputTokens += tokens.outputTokens;
  }

  /** The counts so far, milliseconds rounded. */
  get all(): SupplierUsage[] {
    return [...this.#bySupplier.values()].map((usage) => ({
      ...usage,
      uplinkMs: Math.round(usage.uplinkMs),
      downlinkMs: Math.round(usage.downlinkMs),
    }));
  }

  #of(supplier: string): Usage {
    if (this.#latest?.supplier === supplier) return this.#latest;
    let usage = this.#bySupplier.get(supplier);
    if (usage === undefined) {
      usage = {
        supplier,
        uplinkMs: 0,
        downlinkMs: 0,
        inputTokens: 0,
        outputTokens: 0,
      };
      this.#bySupplier.set(supplier, usage);
    }
    this.#latest = usage;
    return usage;
  }
}
