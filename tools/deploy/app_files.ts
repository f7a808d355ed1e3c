import type { Files } from "./target.ts";

/** What a node needs to run; the Dockerfile copies the same. */
export const APP_PATHS: readonly string[] = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "src",
  "workers",
];
/** Not in production: nothing there imports it. */
const LEFT_OUT = "src/simulator";

/** The sources of a node in a working tree. */
export async function readApp(root: string): Promise<Files> {
  const files = new Map<string, string>();
  for (const path of APP_PATHS) await readInto(files, root, path);
  return files;
}

/** One line a file: its hash and its path. */
export async function listApp(app: Files): Promise<string> {
  const lines: string[] = [];
  for (const [path, text] of [...app].toSorted(([a], [b]) => a < b ? -1 : 1)) {
    const bytes = new TextEncoder().encode(text);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    lines.push(`${new Uint8Array(digest).toHex().slice(0, 16)}  ${path}\n`);
  }
  return lines.join("");
}

async function readInto(
  files: Map<string, string>,
  root: string,
  path: string,
): Promise<void> {
  if (path === LEFT_OUT) return;
  const { isDirectory } = await Deno.stat(`${root}/${path}`);
  if (!isDirectory) {
    files.set(path, await Deno.readTextFile(`${root}/${path}`));
    return;
  }
  for await (const { name } of Deno.readDir(`${root}/${path}`)) {
    await readInto(files, root, `${path}/${name}`);
  }
}
