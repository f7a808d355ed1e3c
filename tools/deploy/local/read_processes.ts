import { hashOf } from "../release_store.ts";
import type { Files } from "../target.ts";
import type { ProcessSpec } from "./process_spec.ts";
import type { RenderedProcess } from "./render_local.ts";

const PROCESS_FILE = /^processes\/([a-z0-9-]+)\.json$/;

/** The processes of a release by name; a version changes with the sources, the settings, the secrets and the configuration. */
export async function readProcesses(
  files: Files,
  secrets: Readonly<Record<string, string>>,
): Promise<Map<string, ProcessSpec>> {
  const specs = new Map<string, ProcessSpec>();
  for (const [path, text] of files) {
    const name = PROCESS_FILE.exec(path)?.[1];
    if (name === undefined) continue;
    const rendered: RenderedProcess = JSON.parse(text);
    const own = [...files].filter(([each]) =>
      each === path || each.startsWith(`conf/${name}/`)
    );
    const used = Object.keys(rendered.secrets).map((each) =>
      [`secret:${each}`, secrets[each] ?? ""] as const
    );
    const version = await hashOf(new Map([...own, ...used]));
    specs.set(name, { ...rendered, version });
  }
  return specs;
}
