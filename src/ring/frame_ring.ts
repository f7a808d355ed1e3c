// Long because: both ends of a ring, and what they rely on of each other, stand here.
import { type RingMemory, type RingRegion, Word } from "./layout.ts";

/**
 * The writing end of a ring of equal frames between two threads. One producer,
 * one consumer. It never waits and never overwrites: when the ring is full the
 * frame is refused and counted.
 *
 * Of the words that the other thread writes, only the index is read by an
 * atomic load; what was stored before that index is then visible, too. The other
 * words may be seen a moment late, and all of them bear it.
 */
export class FrameProducer {
  readonly frameSamples: number;
  readonly capacityFrames: number;
  #memory: RingMemory;
  /** Where its words and its frames begin. */
  #wordsAt: number;
  #samplesAt: number;
  /** Where the frame lies that was put last; −1 without. */
  #newestAt = -1;

  /** Attaches to a region that {@linkcode ringsOf} describes; the consumer must use the same frame size. */
  constructor(region: RingRegion, frameSamples: number) {
    this.capacityFrames = capacityOf(region, frameSamples);
    this.frameSamples = frameSamples;
    this.#memory = region.memory;
    this.#wordsAt = region.wordsAt;
    this.#samplesAt = region.samplesAt;
  }

  /** How many frames were ever published. */
  get writeIndex(): number {
    return this.#memory.words[this.#wordsAt + Word.WriteIndex];
  }

  /** Where the consumer stands: it has taken, or dropped, this many frames. */
  get readIndex(): number {
    return Atomics.load(this.#memory.words, this.#wordsAt + Word.ReadIndex);
  }

  /** Frames that the consumer has yet to take. Those before the flush mark do not count. */
  get queuedFrames(): number {
    const flushMark = this.#memory.words[this.#wordsAt + Word.FlushMark];
    return this.writeIndex - Math.max(this.readIndex, flushMark);
  }

  /** How many frames were refused because the ring was full. */
  get refusedFrames(): number {
    return this.#memory.words[this.#wordsAt + Word.Refused];
  }

  /**
   * Publishes a copy of a frame of `frameSamples`. When the ring is full it
   * counts it as refused and returns false.
   */
  put(frame: Int16Array): boolean {
    const at = this.claim();
    if (at < 0) return false;
    this.#memory.samples.set(frame, at);
    this.#newestAt = at;
    this.publish();
    return true;
  }

  /** The slab's samples, in which {@linkcode claim} tells a place. */
  get samples(): Int16Array {
    return this.#memory.samples;
  }

  /**
   * The index in {@linkcode samples} of the next frame, to be filled and then
   * published; −1, and counted as refused, when the ring is full.
   */
  claim(): number {
    const { writeIndex } = this;
    const queued = writeIndex - this.readIndex;
    if (queued >= this.capacityFrames) {
      this.#memory.words[this.#wordsAt + Word.Refused]++;
      return -1;
    }
    if (queued === 0) this.#beginAnew(writeIndex);
    const base = this.#memory.words[this.#wordsAt + Word.Base];
    const slot = (writeIndex - base) % this.capacityFrames;
    return this.#samplesAt + slot * this.frameSamples;
  }

  /**
   * An empty ring goes on at its first slot: a call whose consumer keeps up
   * then touches the same few frames again and again, and not all its memory.
   * The consumer holds no frame now, and finds the next one after this is stored.
   */
  #beginAnew(writeIndex: number): void {
    this.#memory.words[this.#wordsAt + Word.Base] = writeIndex;
  }

  /** Hands the claimed frame to the consumer. */
  publish(): void {
    const at = this.#wordsAt + Word.WriteIndex;
    // Publishing the index last is what makes the samples visible to the consumer.
    Atomics.store(this.#memory.words, at, this.#memory.words[at] + 1);
  }

  /** Copies the frame that was {@linkcode put} last, whether it was taken or not; false when there was none. */
  copyNewest(target: Int16Array): boolean {
    const at = this.#newestAt;
    if (at < 0) return false;
    target.set(this.#memory.samples.subarray(at, at + this.frameSamples));
    return true;
  }

  /** Whether the consumer has something to do with what there is; see {@linkcode FrameConsumer.want}. */
  get isWanted(): boolean {
    return this.writeIndex >= this.#memory.words[this.#wordsAt + Word.Wanted];
  }

  /** Drops all that the consumer has not taken yet: it jumps there before it takes another frame. */
  flush(): void {
    Atomics.store(
      this.#memory.words,
      this.#wordsAt + Word.FlushMark,
      this.writeIndex,
    );
  }

  /** The frame index at which the consumer obeyed the last flush; undefined while it has not, or took all before it. */
  get flushedAt(): number | undefined {
    const mark = this.#memory.words[this.#wordsAt + Word.FlushMark];
    if (this.readIndex < mark) return undefined;
    // The consumer writes FlushedFrom before ReadIndex, so it is there once ReadIndex has passed the mark.
    const obeyed = this.#memory.words[this.#wordsAt + Word.FlushedMark];
    if (obeyed === mark) {
      return this.#memory.words[this.#wordsAt + Word.FlushedFrom];
    }
    return mark;
  }

  /** Frames that the consumer dropped because of flushes. */
  get discardedFrames(): number {
    return this.#memory.words[this.#wordsAt + Word.Discarded];
  }

  /** How often the consumer found nothing while more was promised by {@linkcode setStreaming}. */
  get missedFrames(): number {
    return this.#memory.words[this.#wordsAt + Word.Missed];
  }

  /** Tells the consumer whether more frames of one stretch of speech are to come, so that an empty ring is an underrun. */
  setStreaming(streaming: boolean): void {
    const at = this.#wordsAt + Word.Streaming;
    Atomics.store(this.#memory.words, at, streaming ? 1 : 0);
  }
}

/** The reading end of a ring; see {@linkcode FrameProducer}. */
export class FrameConsumer {
  readonly frameSamples: number;
  #memory: RingMemory;
  #wordsAt: number;
  #samplesAt: number;
  #capacity: number;

  constructor(region: RingRegion, frameSamples: number) {
    this.#capacity = capacityOf(region, frameSamples);
    this.frameSamples = frameSamples;
    this.#memory = region.memory;
    this.#wordsAt = region.wordsAt;
    this.#samplesAt = region.samplesAt;
  }

  /** How many frames were taken or dropped. */
  get readIndex(): number {
    return this.#memory.words[this.#wordsAt + Word.ReadIndex];
  }

  /** Frames that can be taken now. */
  get queuedFrames(): number {
    const written = this.#written;
    const flushMark = this.#memory.words[this.#wordsAt + Word.FlushMark];
    return written - Math.max(this.readIndex, flushMark);
  }

  /** Frames dropped by flushes. */
  get discardedFrames(): number {
    return this.#memory.words[this.#wordsAt + Word.Discarded];
  }

  /** Frames that the producer could not write. */
  get refusedFrames(): number {
    return this.#memory.words[this.#wordsAt + Word.Refused];
  }

  /** Whether the producer is in the middle of a stretch of speech. */
  get streaming(): boolean {
    return this.#memory.words[this.#wordsAt + Word.Streaming] === 1;
  }

  /** Frames that were not there in the middle of a stretch of speech. */
  get missedFrames(): number {
    return this.#memory.words[this.#wordsAt + Word.Missed];
  }

  /** Tells the producer that a frame was wanted and not there; counts only in the middle of a stretch of speech. */
  miss(): void {
    if (this.streaming) this.#memory.words[this.#wordsAt + Word.Missed]++;
  }

  /** Tells the producer that so many frames are worth waking this thread. It may be woken sooner, never later. */
  want(frames: number): void {
    const at = this.#wordsAt + Word.Wanted;
    Atomics.store(this.#memory.words, at, this.readIndex + frames);
  }

  /** Copies the oldest frame to `target`, from index `at` on, and gives its place back to the producer; false when there is none. */
  take(target: Int16Array, at = 0): boolean {
    const written = this.#written;
    const readIndex = this.#obeyFlush();
    if (readIndex >= written) return false;
    const slot = (readIndex - this.#memory.words[this.#wordsAt + Word.Base]) %
      this.#capacity;
    const from = this.#samplesAt + slot * this.frameSamples;
    // Of a frame that another thread wrote all lines are fetched at once; a loop waits for each, and is twice as slow.
    target.set(
      this.#memory.samples.subarray(from, from + this.frameSamples),
      at,
    );
    this.#goTo(readIndex + 1);
    return true;
  }

  get #written(): number {
    return Atomics.load(this.#memory.words, this.#wordsAt + Word.WriteIndex);
  }

  #goTo(index: number): void {
    Atomics.store(this.#memory.words, this.#wordsAt + Word.ReadIndex, index);
  }

  /** Returns the read index behind the flush. */
  #obeyFlush(): number {
    const mark = this.#memory.words[this.#wordsAt + Word.FlushMark];
    const { readIndex } = this;
    if (mark <= readIndex) return readIndex;
    this.#memory.words[this.#wordsAt + Word.Discarded] += mark - readIndex;
    this.#memory.words[this.#wordsAt + Word.FlushedFrom] = readIndex;
    this.#memory.words[this.#wordsAt + Word.FlushedMark] = mark;
    this.#goTo(mark);
    return mark;
  }
}

function capacityOf(region: RingRegion, frameSamples: number): number {
  const { lengthSamples } = region;
  const capacity = Math.floor(lengthSamples / frameSamples);
  if (Number.isInteger(frameSamples) && frameSamples >= 1 && capacity >= 2) {
    return capacity;
  }
  throw new RangeError(
    `Cannot lay out a ring: frame samples must be an integer of which two fit in ${
      lengthSamples * 2
    } bytes, got ${frameSamples}`,
  );
}
