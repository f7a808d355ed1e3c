/**
 * What this thread has made for shared memory that it was told of, for as long
 * as somebody uses it: the memory is another object in each message that comes,
 * so that it is known by a number. One thread.
 */
export class KnownMemory<Views extends object> {
  #made = new Map<number, WeakRef<Views>>();

  /** What was made for the memory of this number, or else is made now. */
  of(number: number, make: () => Views): Views {
    const known = this.#made.get(number)?.deref();
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(number, new WeakRef(made));
    return made;
  }
}
