import { readSite } from "../../../tools/deploy/read_site.ts";
import type { DeployContext } from "../../../tools/deploy/target.ts";

/** The repository's root, without a slash at its end. */
export const ROOT = new URL("../../../", import.meta.url).pathname.slice(0, -1);

/** A context of the example site after some replacements in its text. */
export function exampleContext(
  replacements: readonly (readonly [from: string, to: string])[] = [],
): DeployContext {
  let text = Deno.readTextFileSync(`${ROOT}/deploy/site.example.yaml`);
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`The example has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return {
    site: readSite(text, "deploy/site.example.yaml"),
    root: ROOT,
    state: "/nowhere",
    stop: new AbortController().signal,
    tell: () => {},
  };
}

/** The example on one host, as compose needs it. */
export function oneHostContext(): DeployContext {
  return exampleContext([
    [
      "host: 10.0.0.22\n",
      "host: 10.0.0.21\n    httpPort: 3001\n    eslPort: 8085\n",
    ],
    [
      "host: 10.0.0.23\n",
      "host: 10.0.0.21\n    httpPort: 3002\n    eslPort: 8086\n",
    ],
  ]);
}
