/** How a supplier's models are reached. */
export interface SupplierConfig {
  readonly url: string;
  readonly apiKey: string;
  readonly inputRateHz?: number;
  readonly outputRateHz?: number;
}

/** What an assistant that says nothing else has of a supplier. */
export interface SupplierDefaults {
  readonly model: string;
  readonly voice: string;
}

/** One model of one supplier, and the voice it is to have. */
export interface SupplierChoice extends SupplierDefaults {
  readonly supplier: string;
}

/** The suppliers whose protocol is known, with their public endpoints. */
export const SUPPLIERS = {
  stepfun: {
    prefix: "STEPFUN",
    url: "wss://api.stepfun.com/v1/realtime",
    model: "step-audio-2",
    voice: "qingchunshaonv",
  },
  qwen: {
    prefix: "QWEN",
    url: "wss://dashscope.aliyuncs.com/api-ws/v1/realtime",
    model: "qwen3.5-omni-flash-realtime",
    voice: "Cherry",
  },
  openai: {
    prefix: "OPENAI",
    url: "wss://api.openai.com/v1/realtime",
    model: "gpt-realtime",
    voice: "marin",
  },
} as const;

/** A supplier that the settings know. */
export type SupplierName = keyof typeof SUPPLIERS;

/** The names of all suppliers. */
export const SUPPLIER_NAMES = Object.keys(SUPPLIERS) as SupplierName[];

/** Whether a text names a supplier. */
export function isSupplier(name: string): name is SupplierName {
  return Object.hasOwn(SUPPLIERS, name);
}

/** Mistakes in a list of suppliers, each in words that follow the list's name. */
export function problemsOfList(names: readonly string[]): string[] {
  const known = SUPPLIER_NAMES.join(", ");
  if (names.length === 0) return [`must name a supplier of ${known}, got none`];
  const problems = names.filter((name) => !isSupplier(name)).map((name) =>
    `must name suppliers of ${known}, got ${JSON.stringify(name.slice(0, 80))}`
  );
  if (new Set(names).size < names.length) {
    problems.push("must name each supplier once");
  }
  return problems;
}
