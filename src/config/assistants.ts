import { z } from "zod";
import { type FunctionConfig, Functions } from "./functions.ts";
import {
  isSupplier,
  problemsOfList,
  SUPPLIER_NAMES,
  type SupplierChoice,
  type SupplierDefaults,
  type SupplierName,
} from "./suppliers.ts";

/** Who answers a call, as the assistants file describes it; see docs/configuration.md. */
export interface AssistantConfig {
  readonly id: string;
  readonly name: string;
  /** In the order in which they are tried; at least one. */
  readonly suppliers: readonly SupplierChoice[];
  readonly instructions: string;
  readonly greeting?: string;
  readonly turnDetection: {
    readonly prefixPaddingMs: number;
    readonly silenceDurationMs: number;
    readonly energyAwakenessThreshold: number;
  };
  readonly functions: readonly FunctionConfig[];
}

/** What {@linkcode parseAssistants} needs. */
export interface AssistantSources {
  /** None for the built-in assistant alone. */
  readonly path?: string;
  readonly readTextFile: (path: string) => string;
  /** Suppliers of an assistant that names none. */
  readonly order: readonly string[];
  /** Model and voice of a choice that names none. */
  readonly defaults: Readonly<Record<SupplierName, SupplierDefaults>>;
}

const words = z.string().trim().min(1, "must not be empty");

const TurnDetection = z.strictObject({
  prefixPaddingMs: z.number().int().min(0).max(5000).default(500),
  silenceDurationMs: z.number().int().min(20).max(10_000).default(500),
  energyAwakenessThreshold: z.number().int().min(0).max(5000).default(2500),
});

const Assistant = z.strictObject({
  name: words,
  /** Of StepFun. */
  model: words.optional(),
  voice: words.optional(),
  suppliers: z.array(z.union([
    words,
    z.strictObject({
      supplier: words,
      model: words.optional(),
      voice: words.optional(),
    }),
  ])).optional(),
  instructions: words,
  greeting: words.optional(),
  turnDetection: TurnDetection.optional(),
  functions: Functions.default([]),
});

const ID = /^[0-9A-Za-z_.-]{1,64}$/;

const BUILT_IN = {
  default: {
    name: "默认助手",
    instructions:
      "你是一位电话客服。用简短、自然的口语回答，一次只说一两句话，听不清时请对方再说一遍。",
    greeting: "您好，请问有什么可以帮您？",
  },
};

/**
 * Reads the assistants file: a JSON object of assistants by id, one of them
 * `default`. Main thread, at start. Mistakes are returned, one line each.
 */
export function parseAssistants(sources: AssistantSources) {
  const byId = new Map<string, AssistantConfig>();
  const problems: string[] = [];
  const file = readFile(sources, problems);
  for (const [id, entry] of Object.entries(file)) {
    const parsed = Assistant.safeParse(entry);
    if (!ID.test(id)) {
      problems.push(
        `ASSISTANTS_FILE: an id must be 1 to 64 of the characters 0-9 A-Z a-z _ . -, got ${
          JSON.stringify(id.slice(0, 80))
        }`,
      );
    } else if (!parsed.success) {
      problems.push(...describe(id, parsed.error));
    } else {
      const { name, instructions, greeting } = parsed.data;
      const turnDetection = Object.freeze(
        parsed.data.turnDetection ?? TurnDetection.parse({}),
      );
      const { suppliers, wrong } = chooseSuppliers(parsed.data, sources);
      problems.push(
        ...wrong.map((problem) =>
          `ASSISTANTS_FILE: ${id}.suppliers: ${problem}`
        ),
      );
      const functions = Object.freeze(parsed.data.functions);
      const rest = { suppliers, instructions, greeting, turnDetection };
      byId.set(id, Object.freeze({ id, name, ...rest, functions }));
    }
  }
  if (problems.length === 0 && !byId.has("default")) {
    problems.push('ASSISTANTS_FILE must have an assistant "default"');
  }
  return { byId, problems };
}

/** The assistant's own list, or that of all; `model` and `voice` beside it are StepFun's. */
function chooseSuppliers(
  { model, voice, suppliers }: z.infer<typeof Assistant>,
  { order, defaults }: AssistantSources,
) {
  const entries = (suppliers ?? order).map((entry) =>
    typeof entry === "string" ? { supplier: entry } : entry
  );
  // A mistake in the list of all is not each assistant's.
  const names = entries.map(({ supplier }) => supplier);
  const wrong = suppliers === undefined ? [] : problemsOfList(names);
  const chosen: SupplierChoice[] = [];
  for (const entry of entries) {
    const { supplier } = entry;
    if (!isSupplier(supplier)) continue;
    const own = supplier === "stepfun" ? { model, voice } : {};
    const choice = {
      ...defaults[supplier],
      ...defined(own),
      ...defined(entry),
    };
    chosen.push(Object.freeze({ ...choice, supplier }));
  }
  return { suppliers: Object.freeze(chosen), wrong };
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

/** The suppliers that some assistant names, in the order of {@linkcode SUPPLIERS}. */
export function suppliersOf(
  assistants: Iterable<AssistantConfig>,
): SupplierName[] {
  const named = new Set<string>();
  for (const { suppliers } of assistants) {
    for (const { supplier } of suppliers) named.add(supplier);
  }
  return SUPPLIER_NAMES.filter((name) => named.has(name));
}

function readFile(
  { path, readTextFile }: AssistantSources,
  problems: string[],
): Record<string, unknown> {
  if (path === undefined) return BUILT_IN;
  try {
    const value: unknown = JSON.parse(readTextFile(path));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { ...value };
    }
    problems.push(
      `ASSISTANTS_FILE must be a JSON object of assistants by id: ${path}`,
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(`ASSISTANTS_FILE cannot be read: ${path}: ${why}`);
  }
  return {};
}

function describe(id: string, error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const where = [id, ...issue.path].join(".");
    return `ASSISTANTS_FILE: ${where}: ${issue.message}`;
  });
}
