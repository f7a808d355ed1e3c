import { dirname } from "node:path/posix";
import { writeAtomically } from "../atomic_file.ts";
import type { Files } from "../target.ts";

/** Writes the files whose path begins with `prefix` below a directory. */
export async function copyFiles(
  files: Files,
  prefix: string,
  directory: string,
): Promise<void> {
  for (const [path, text] of files) {
    if (!path.startsWith(prefix)) continue;
    await Deno.mkdir(dirname(`${directory}/${path}`), { recursive: true });
    await writeAtomically(`${directory}/${path}`, text);
  }
}
