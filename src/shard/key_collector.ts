/** A pause this long ends a number, in milliseconds. */
const PAUSE_MS = 1500;
/** A number longer than this is cut: no account or card number is. */
const MOST_KEYS = 32;

/**
 * Gathers the keys of one number: it ends with `#`, after a pause, or when it
 * is too long. Shard's thread.
 */
export class KeyCollector {
  #keys = "";
  #timer?: ReturnType<typeof setTimeout>;
  #done: (keys: string) => void;

  constructor(done: (keys: string) => void) {
    this.#done = done;
  }

  /** Takes one key, 0-9 * # A-D. */
  press(key: string): void {
    this.#keys += key;
    clearTimeout(this.#timer);
    if (key === "#" || this.#keys.length >= MOST_KEYS) this.#finish();
    else this.#timer = setTimeout(() => this.#finish(), PAUSE_MS);
  }

  /** Forgets what was pressed. */
  close(): void {
    clearTimeout(this.#timer);
    this.#keys = "";
  }

  #finish(): void {
    const keys = this.#keys;
    this.close();
    this.#done(keys);
  }
}
