/** The mean of the last values, for a gauge that describes ended calls. One thread. */
export class RecentMean {
  #values: number[] = [];
  #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds a value, forgets the oldest beyond the limit, and returns the mean. */
  add(value: number): number {
    this.#values.push(value);
    if (this.#values.length > this.#most) this.#values.shift();
    return this.#values.reduce((sum, each) => sum + each, 0) /
      this.#values.length;
  }
}
