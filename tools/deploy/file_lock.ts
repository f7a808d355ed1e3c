const ATTEMPTS = 5;
const BETWEEN_MS = 40;

/**
 * A lock that the kernel gives back when its holder dies, so that it never
 * goes stale. The file holds the holder's process id.
 */
export class FileLock {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Takes the lock; undefined when another process has it. */
  static async tryTake(path: string): Promise<FileLock | undefined> {
    const file = await Deno.open(path, {
      create: true,
      read: true,
      write: true,
    });
    if (!await tryPatiently(file)) {
      file.close();
      return undefined;
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    return new FileLock(file);
  }

  /** The process that has the lock; undefined when none has it. */
  static async holder(path: string): Promise<number | undefined> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { read: true, write: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    try {
      if (await file.tryLock(true)) return undefined;
      return Number(await Deno.readTextFile(path));
    } finally {
      file.close();
    }
  }

  /** Gives it back; may be called once. */
  release(): void {
    this.#file.close();
  }
}

/** Whoever asks for the holder has the lock for a moment. */
async function tryPatiently(file: Deno.FsFile): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await file.tryLock(true)) return true;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  return false;
}
