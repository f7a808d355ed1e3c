/** Far more than the lengths that pieces of speech have. */
const MOST_KEPT = 256;

/**
 * What was made for a length, kept so that equal lengths need nothing new:
 * views of the begin of a region. Forgets all when there are too many.
 */
export class KeptByLength<T> {
  readonly #kept = new Map<number, T>();
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.#make = make;
  }

  /** What is made for `length`. */
  of(length: number): T {
    const kept = this.#kept.get(length);
    if (kept !== undefined) return kept;
    if (this.#kept.size === MOST_KEPT) this.#kept.clear();
    const made = this.#make(length);
    this.#kept.set(length, made);
    return made;
  }
}
