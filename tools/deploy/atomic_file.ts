/** Writes a file so that a reader finds the old text or the new one, never a part. */
export async function writeAtomically(
  path: string,
  text: string,
  mode = 0o644,
): Promise<void> {
  const next = `${path}.${crypto.randomUUID().slice(0, 8)}.next`;
  const options = { mode, createNew: true };
  await Deno.writeTextFile(next, text, options);
  await Deno.rename(next, path);
}

/** Reads a text file; undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
