import type { AssistantConfig } from "../../src/config/assistants.ts";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { parseAddressList } from "../../src/esl/address_list.ts";

/** The least that an operator must set. */
export const KEY = { STEPFUN_API_KEY: "sk-test" };

/** Loads settings on a machine with four cores; `files` are those that can be read. */
export function load(
  environment: Record<string, string | undefined>,
  files: Readonly<Record<string, string>> = {},
): Config {
  return loadConfig({
    environment,
    checkNetworks: parseAddressList,
    cores: 4,
    hostname: "machine",
    readTextFile(path) {
      if (path in files) return files[path];
      throw new Deno.errors.NotFound(`No such file: ${path}`);
    },
  });
}

/** The mistakes that loading reports; none when it loads. */
export function problemsOf(
  environment: Record<string, string | undefined>,
  files: Readonly<Record<string, string>> = {},
): readonly string[] {
  try {
    load(environment, files);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

/** The assistant that answers without an assistants file. */
export function loadedAssistant(): AssistantConfig {
  return load(KEY).assistants.get("default")!;
}
