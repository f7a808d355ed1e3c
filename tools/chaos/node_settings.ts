/** The key that the records of a run are encrypted with, as SESSION_KEYS has it. */
export interface SessionKeyText {
  readonly id: string;
  readonly hex: string;
}

/** A key of its own for each run of the program. */
export const SESSION_KEY: SessionKeyText = {
  id: "chaos",
  hex: crypto.getRandomValues(new Uint8Array(32)).toHex(),
};

/** What the nodes of a run are to know. */
export interface NodeSettingsOptions {
  readonly redisUrl: string;
  /** The model that is tried first, and the one that stands by. */
  readonly urls: readonly [first: string, spare: string | undefined];
  readonly assistants: string;
  readonly shards: number;
}

/**
 * The environment of every node: real settings, but nothing that is heard
 * besides the assistant, and no refusal because this machine also carries the
 * callers and the models.
 */
export function nodeSettings(
  { redisUrl, urls: [first, spare], assistants, shards }: NodeSettingsOptions,
): Record<string, string> {
  return {
    REDIS_URL: redisUrl,
    SESSION_KEYS: `${SESSION_KEY.id}:${SESSION_KEY.hex}`,
    ASSISTANTS_FILE: assistants,
    SHARDS: String(shards),
    SUPPLIERS: spare === undefined ? "stepfun" : "stepfun,qwen",
    STEPFUN_URL: first,
    ...spare === undefined ? {} : { QWEN_URL: spare },
    HANDOVER: "on",
    DRAIN_SECONDS: "1",
    FILLER_AFTER_MS: "0",
    CALLER_SILENCE_SECONDS: "0",
    OVERLOAD_DELAY_MS: "0",
    MAX_CALL_SECONDS: "86400",
  };
}

/** Writes one assistant for each caller, whose instructions are its name, and gives the file's path. */
export async function writeAssistants(
  folder: string,
  calls: number,
): Promise<string> {
  const names = ["default"];
  for (let i = 0; i < calls; i++) names.push(`caller-${i}`);
  const entries = names.map((name) => [name, { name, instructions: name }]);
  const path = `${folder}/assistants.json`;
  const text = JSON.stringify(Object.fromEntries(entries));
  await Deno.writeTextFile(path, text);
  return path;
}
