/** What waits in an {@linkcode Outbox}. */
export interface Waiting {
  /** Whether it counts against the room there is. */
  readonly bounded: boolean;
  /** Whether it may make room for one that may not go. */
  readonly droppable: boolean;
}

/** Parts of an {@linkcode Outbox}. */
export interface OutboxOptions<T extends Waiting> {
  /** Most bounded items that wait. */
  readonly most: number;
  /** Writes one; a rejection by {@linkcode Unwritable} is not tried again. */
  readonly write: (item: T) => Promise<void>;
  /** The other end took what it was given, or did not. */
  readonly state: (isUp: boolean, error?: unknown) => void;
  /** An item found no room, or can never be written. */
  readonly dropped: (item: T, error?: unknown) => void;
}

/** The other end refuses one item for good; the others are none the worse. */
export class Unwritable extends Error {
  override name = "Unwritable";
}

const BATCH = 256;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * The one place where writes wait, and the one that repeats them: in their
 * order, at least once, bounded. Main thread. A batch is under way at a time; what
 * fails is tried again after a pause, or when it is kicked.
 */
export class Outbox<T extends Waiting> {
  #options: OutboxOptions<T>;
  #items: T[] = [];
  #bounded = 0;
  #isWriting = false;
  #isClosed = false;
  #pause?: { readonly end: () => void };
  #idle: Array<() => void> = [];

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
  }

  /** Items that wait or are under way. */
  get waiting(): number {
    return this.#items.length;
  }

  /** Adds an item, when there is room or can be made. */
  add(item: T): void {
    if (item.bounded && this.#bounded >= this.#options.most) {
      if (item.droppable || !this.#makeRoom()) {
        this.#options.dropped(item);
        return;
      }
    }
    if (item.bounded) this.#bounded++;
    this.#items.push(item);
    if (!this.#isWriting) void this.#writeAll();
  }

  /** The other end may be there again: tries at once. */
  kick(): void {
    this.#pause?.end();
  }

  /** Resolves when nothing waits, or after `withinMs`; then nothing is written any more. */
  async close(withinMs: number): Promise<void> {
    if (this.#items.length > 0) {
      const idle = Promise.withResolvers<void>();
      this.#idle.push(idle.resolve);
      const timer = setTimeout(idle.resolve, withinMs);
      await idle.promise;
      clearTimeout(timer);
    }
    this.#isClosed = true;
    this.#pause?.end();
  }

  #makeRoom(): boolean {
    const at = this.#items.findLastIndex(({ bounded, droppable }) =>
      bounded && droppable
    );
    if (at === -1) return false;
    const [gone] = this.#items.splice(at, 1);
    this.#bounded--;
    this.#options.dropped(gone);
    return true;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    let pauseMs = SHORTEST_PAUSE_MS;
    while (this.#items.length > 0 && !this.#isClosed) {
      const isUp = await this.#writeBatch();
      if (isUp) pauseMs = SHORTEST_PAUSE_MS;
      else if (!this.#isClosed) {
        await this.#rest(pauseMs);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      }
    }
    this.#isWriting = false;
    for (const tell of this.#idle.splice(0)) tell();
  }

  /** Writes the oldest ones; whether the other end took them. What it took is not written again. */
  async #writeBatch(): Promise<boolean> {
    const { write, state, dropped } = this.#options;
    const batch = this.#items.slice(0, BATCH);
    const outcomes = await Promise.allSettled(batch.map((item) => write(item)));
    const settled = new Set<T>();
    let failure: PromiseRejectedResult | undefined;
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === "rejected") {
        if (!(outcome.reason instanceof Unwritable)) {
          failure ??= outcome;
          continue;
        }
        dropped(batch[i], outcome.reason);
      }
      settled.add(batch[i]);
    }
    this.#forget(settled);
    if (failure === undefined) state(true);
    else state(false, failure.reason);
    return failure === undefined;
  }

  #forget(settled: ReadonlySet<T>): void {
    this.#items = this.#items.filter((item) => !settled.has(item));
    this.#bounded = this.#items.filter(({ bounded }) => bounded).length;
  }

  #rest(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#pause = {
      end: () => {
        clearTimeout(timer);
        resolve();
      },
    };
    return promise.finally(() => this.#pause = undefined);
  }
}
