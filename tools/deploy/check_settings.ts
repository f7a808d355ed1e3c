import { loadConfig } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/errors.ts";
import type { Problem } from "./target.ts";

/** Asks the server's own reader whether it would start with these settings. Relative paths begin at `root`. */
export function checkSettings(
  environment: Readonly<Record<string, string>>,
  root: string,
): Problem[] {
  try {
    loadConfig({
      environment,
      readTextFile: (path) =>
        Deno.readTextFileSync(path.startsWith("/") ? path : `${root}/${path}`),
      // The networks were checked with the site.
      checkNetworks: () => {},
      cores: 1,
      hostname: "node",
    });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map((what) => ({
      what,
      cure: "correct it in the site; docs/configuration.md has every setting",
    }));
  }
}
