import { dirname } from "node:path/posix";
import { listApp } from "./app_files.ts";
import { hashOf } from "./release_store.ts";
import type { Files } from "./target.ts";

/** The file of a release that says which sources its nodes run. */
export const APP_LIST = "app.txt";

/** Copies of a node's sources, so that a node that runs never sees a change of the working tree. */
export class AppStore {
  readonly #state: string;

  /** `state` is the target's directory. */
  constructor(state: string) {
    this.#state = state;
  }

  /** Where the copy is that a release's list names. */
  async directoryOf(list: string): Promise<string> {
    return `${this.#state}/apps/${await idOf(list)}`;
  }

  /** Makes a copy unless it is there, all of it or none. */
  async add(app: Files): Promise<void> {
    const directory = await this.directoryOf(await listApp(app));
    if (await Deno.stat(directory).catch(() => undefined)) return;
    const next = `${directory}.next`;
    await Deno.remove(next, { recursive: true }).catch(() => {});
    for (const [path, text] of app) {
      await Deno.mkdir(dirname(`${next}/${path}`), { recursive: true });
      await Deno.writeTextFile(`${next}/${path}`, text);
    }
    await Deno.rename(next, directory);
  }

  /** Removes the copies that no release names. */
  async prune(): Promise<void> {
    const named = new Set<string>();
    for await (const { name } of Deno.readDir(`${this.#state}/releases`)) {
      const path = `${this.#state}/releases/${name}/${APP_LIST}`;
      named.add(await idOf(await Deno.readTextFile(path)));
    }
    for await (const { name } of Deno.readDir(`${this.#state}/apps`)) {
      if (named.has(name)) continue;
      await Deno.remove(`${this.#state}/apps/${name}`, { recursive: true });
    }
  }
}

async function idOf(list: string): Promise<string> {
  return await hashOf(new Map([[APP_LIST, list]]));
}
