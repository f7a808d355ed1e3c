import { dirname } from "node:path/posix";
import { readIfThere, writeAtomically } from "./atomic_file.ts";
import type { Files, Release } from "./target.ts";

/** Which release stands where. */
export interface DeployState {
  /** What all nodes run, or ran before an unfinished deploy. */
  readonly current?: string;
  readonly previous?: string;
  /** What a deploy that has not finished was bringing. */
  readonly candidate?: string;
  readonly nodes: Readonly<
    Record<string, { readonly release: string; readonly version: string }>
  >;
}

/** The releases of one target: directories that never change, and one small file that says which is current. */
export class ReleaseStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async read(): Promise<DeployState> {
    const text = await readIfThere(`${this.#directory}/state.json`);
    return text === undefined ? { nodes: {} } : JSON.parse(text);
  }

  /** Makes a state the one that stands, and removes the releases that it does not name. */
  async write(state: DeployState): Promise<void> {
    const text = JSON.stringify(state, undefined, 2) + "\n";
    await writeAtomically(`${this.#directory}/state.json`, text);
    const named = new Set([
      state.current,
      state.previous,
      state.candidate,
      ...Object.values(state.nodes).map(({ release }) => release),
    ]);
    for await (const { name } of Deno.readDir(this.#releases)) {
      if (named.has(name)) continue;
      await Deno.remove(`${this.#releases}/${name}`, { recursive: true });
    }
  }

  /** Writes the files as a release: all of them or, when this is interrupted, none. */
  async add(files: Files): Promise<Release> {
    const id = await hashOf(files);
    const directory = `${this.#releases}/${id}`;
    const release = { id, directory, files };
    if (await isThere(directory)) return release;
    const next = `${this.#releases}/.${id}.next`;
    await Deno.remove(next, { recursive: true }).catch(ignoreMissing);
    for (const [path, text] of files) {
      await Deno.mkdir(dirname(`${next}/${path}`), { recursive: true });
      await Deno.writeTextFile(`${next}/${path}`, text);
    }
    await Deno.rename(next, directory);
    return release;
  }

  /** Reads a release; undefined when there is none of that id. */
  async open(id: string | undefined): Promise<Release | undefined> {
    const directory = `${this.#releases}/${id}`;
    if (id === undefined || !await isThere(directory)) return undefined;
    const files = new Map<string, string>();
    await readInto(files, directory, "");
    return { id, directory, files };
  }

  get #releases(): string {
    return `${this.#directory}/releases`;
  }
}

/** Twelve hexadecimal digits that change with any path or text. */
export async function hashOf(files: Files): Promise<string> {
  const sorted = [...files].toSorted(([a], [b]) => a < b ? -1 : 1);
  const bytes = new TextEncoder().encode(JSON.stringify(sorted));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex().slice(0, 12);
}

async function readInto(
  files: Map<string, string>,
  directory: string,
  path: string,
): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(`${directory}/${path}`));
  for (const { name, isDirectory } of entries) {
    const inner = path === "" ? name : `${path}/${name}`;
    if (isDirectory) await readInto(files, directory, inner);
    else files.set(inner, await Deno.readTextFile(`${directory}/${inner}`));
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, ignoreMissing) ?? false;
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
