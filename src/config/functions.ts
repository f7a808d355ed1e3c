import { z } from "zod";
import { transferNumber } from "./transfer_number.ts";

/** A function that an assistant may call, as the assistants file describes it; see docs/functions.md. */
export interface FunctionConfig {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the object of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly does:
    | { readonly transfer: Readonly<Record<string, string>> }
    | { readonly hangUp: true }
    | { readonly url: string; readonly timeoutMs: number };
}

const MOST_FUNCTIONS = 32;
const NO_PARAMETERS = Object.freeze({ type: "object", properties: {} });

const words = z.string().trim().min(1, "must not be empty");
const schema = z.looseObject({ type: z.literal("object") });

const Entry = z.strictObject({
  name: z.string().regex(
    /^[A-Za-z_][0-9A-Za-z_-]{0,63}$/,
    "must be up to 64 of the characters 0-9 A-Z a-z _ -, and begin with a letter or _",
  ),
  description: words,
  transfer: z.record(words, transferNumber).refine(
    (numbers) => Object.keys(numbers).length > 0,
    "must name a number",
  ).optional(),
  hangUp: z.literal(true).optional(),
  url: z.string().refine(
    isServiceUrl,
    "must be an http:// or https:// URL without credentials or fragment",
  ).optional(),
  timeoutMs: z.number().int().min(100).max(20_000).optional(),
  parameters: schema.optional(),
}).superRefine((entry, context) => {
  const deeds = [entry.transfer, entry.hangUp, entry.url];
  if (deeds.filter((deed) => deed !== undefined).length !== 1) {
    return context.addIssue("must have one of transfer, hangUp and url");
  }
  if (entry.url !== undefined) return;
  for (const name of ["timeoutMs", "parameters"] as const) {
    if (entry[name] === undefined) continue;
    context.addIssue({
      code: "custom",
      path: [name],
      message: "is only for a function with a url",
    });
  }
});

/** The functions of one assistant. */
export const Functions = z.array(Entry.transform(toFunction)).max(
  MOST_FUNCTIONS,
  `must be at most ${MOST_FUNCTIONS}`,
).superRefine((functions, context) => {
  const names = functions.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) context.addIssue(`must name ${twice} once`);
});

function toFunction(entry: z.infer<typeof Entry>): FunctionConfig {
  const { name, description } = entry;
  if (entry.transfer !== undefined) {
    const to = { type: "string", enum: Object.keys(entry.transfer) };
    const parameters = {
      type: "object",
      properties: { to },
      required: ["to"],
    };
    const does = { transfer: Object.freeze(entry.transfer) };
    return Object.freeze({ name, description, parameters, does });
  }
  const does = entry.url === undefined
    ? { hangUp: true } as const
    : { url: entry.url, timeoutMs: entry.timeoutMs ?? 3000 };
  const { parameters = NO_PARAMETERS } = entry;
  return Object.freeze({ name, description, parameters, does });
}

function isServiceUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + hash === "";
}
