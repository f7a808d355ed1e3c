/** An item of a response and how much speech it has. */
interface SpokenItem {
  id: string | undefined;
  samples: number;
}

/** Where in a response somebody stopped listening. */
export interface ItemCut {
  /** The item in which that was; undefined when it has no id. */
  readonly itemId: string | undefined;
  /** Samples of it that were heard. */
  readonly heardSamples: number;
  /** The items behind it, of which nothing was heard. */
  readonly unheardIds: readonly string[];
}

/** What comes beyond that is counted with the last one. */
const MOST_ITEMS = 16;

/** The items that hold the speech of one response, in their order, at most 16. Worker thread. */
export class SpokenItems {
  readonly #items: SpokenItem[] = [];
  #current: SpokenItem | undefined;

  /** An item is announced, or speech of it comes: what has no id belongs to it from now on. */
  turnTo(id: string): void {
    if (this.#current === undefined) return this.#add(id);
    if (this.#current.id === id) return;
    const known = this.#items.find((item) => item.id === id);
    if (known !== undefined) this.#current = known;
    else if (this.#current.id === undefined) this.#current.id = id;
    else if (this.#items.length < MOST_ITEMS) this.#add(id);
  }

  /** Speech of the item that has its turn. */
  count(samples: number): void {
    if (this.#current === undefined) this.#add(undefined);
    this.#current!.samples += samples;
  }

  /** Where the first `heardSamples` of the response end; undefined when nothing is known of it. */
  cut(heardSamples: number): ItemCut | undefined {
    const items = this.#items;
    if (items.length === 0) return undefined;
    let before = 0;
    // What is written and not spoken is passed over.
    let at = items.findIndex(({ samples }) => {
      if (samples > 0 && heardSamples <= before + samples) return true;
      before += samples;
      return false;
    });
    if (at < 0) {
      at = Math.max(0, items.findLastIndex(({ samples }) => samples > 0));
      before -= items[at].samples;
    }
    const { id: itemId, samples } = items[at];
    const heard = Math.min(heardSamples - before, samples);
    const total = items.reduce((sum, item) => sum + item.samples, 0);
    const isWhole = total > 0 && heardSamples >= total;
    const unheard = isWhole ? [] : items.slice(at + 1);
    const unheardIds = unheard.map(({ id }) => id)
      .filter((id) => id !== undefined);
    return { itemId, heardSamples: heard, unheardIds };
  }

  #add(id: string | undefined): void {
    this.#current = { id, samples: 0 };
    this.#items.push(this.#current);
  }
}
