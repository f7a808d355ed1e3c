import { type RingRegion, Word } from "./layout.ts";

/**
 * The writing end of a ring of equal frames between two threads. One producer,
 * one consumer. It never waits and never overwrites: when the ring is full the
 * frame is refused and counted.
 */
export class FrameProducer {
  readonly frameSamples: number;
  readonly capacityFrames: number;
  #words: Int32Array;
  #frames: FrameViews;
  #writeIndex: number;
  #base: number;

  /** Attaches to a region that {@linkcode regionOf} describes; the consumer must use the same frame size. */
  constructor(region: RingRegion, frameSamples: number) {
    this.#words = region.words;
    this.#frames = new FrameViews(region, frameSamples);
    this.frameSamples = frameSamples;
    this.capacityFrames = this.#frames.capacity;
    this.#writeIndex = Atomics.load(this.#words, Word.WriteIndex);
    this.#base = Atomics.load(this.#words, Word.Base);
  }

  /** How many frames were ever published. */
  get writeIndex(): number {
    return this.#writeIndex;
  }

  /** Where the consumer stands: it has taken, or dropped, this many frames. */
  get readIndex(): number {
    return Atomics.load(this.#words, Word.ReadIndex);
  }

  /** Frames that the consumer has yet to take. Those before the flush mark do not count. */
  get queuedFrames(): number {
    const start = Math.max(this.readIndex, this.#words[Word.FlushMark]);
    return this.#writeIndex - start;
  }

  /** How many frames were refused because the ring was full. */
  get refusedFrames(): number {
    return this.#words[Word.Refused];
  }

  /**
   * The memory of the next frame, to be filled and then published; undefined,
   * and counted as refused, when the ring is full.
   */
  claim(): Int16Array | undefined {
    const queued = this.#writeIndex - this.readIndex;
    if (queued >= this.capacityFrames) {
      Atomics.store(this.#words, Word.Refused, this.refusedFrames + 1);
      return undefined;
    }
    if (queued === 0) this.#beginAnew();
    return this.#frames.at(this.#writeIndex - this.#base);
  }

  /**
   * An empty ring goes on at its first slot: a call whose consumer keeps up
   * then touches the same few frames again and again, and not all its memory.
   * The consumer holds no frame now, and finds the next one after this is stored.
   */
  #beginAnew(): void {
    this.#base = this.#writeIndex;
    Atomics.store(this.#words, Word.Base, this.#base);
  }

  /** Fills the frame that {@linkcode claim} gave from as many bytes, little-endian, wherever they lie. */
  fillClaimed(bytes: Uint8Array): void {
    this.#frames.fillAt(this.#writeIndex - this.#base, bytes);
  }

  /** Hands the claimed frame to the consumer. */
  publish(): void {
    this.#writeIndex++;
    // Publishing the index last is what makes the samples visible to the consumer.
    Atomics.store(this.#words, Word.WriteIndex, this.#writeIndex);
  }

  /** Whether the consumer has something to do with what there is; see {@linkcode FrameConsumer.want}. */
  get isWanted(): boolean {
    return this.#writeIndex >= Atomics.load(this.#words, Word.Wanted);
  }

  /** Drops all that the consumer has not taken yet: it jumps there before it takes another frame. */
  flush(): void {
    Atomics.store(this.#words, Word.FlushMark, this.#writeIndex);
  }

  /** The frame index at which the consumer obeyed the last flush; undefined while it has not, or took all before it. */
  get flushedAt(): number | undefined {
    const mark = this.#words[Word.FlushMark];
    if (this.readIndex < mark) return undefined;
    // The consumer writes FlushedFrom before ReadIndex, so it is there once ReadIndex has passed the mark.
    const obeyed = Atomics.load(this.#words, Word.FlushedMark);
    if (obeyed === mark) return Atomics.load(this.#words, Word.FlushedFrom);
    return mark;
  }

  /** Frames that the consumer dropped because of flushes. */
  get discardedFrames(): number {
    return Atomics.load(this.#words, Word.Discarded);
  }

  /** How often the consumer found nothing while more was promised by {@linkcode setStreaming}. */
  get missedFrames(): number {
    return Atomics.load(this.#words, Word.Missed);
  }

  /** Tells the consumer whether more frames of one stretch of speech are to come, so that an empty ring is an underrun. */
  setStreaming(streaming: boolean): void {
    Atomics.store(this.#words, Word.Streaming, streaming ? 1 : 0);
  }
}

/** The reading end of a ring; see {@linkcode FrameProducer}. */
export class FrameConsumer {
  readonly frameSamples: number;
  #words: Int32Array;
  #frames: FrameViews;
  #readIndex: number;

  constructor(region: RingRegion, frameSamples: number) {
    this.#words = region.words;
    this.#frames = new FrameViews(region, frameSamples);
    this.frameSamples = frameSamples;
    this.#readIndex = Atomics.load(this.#words, Word.ReadIndex);
  }

  /** How many frames were taken or dropped. */
  get readIndex(): number {
    return this.#readIndex;
  }

  /** Frames that can be taken now. */
  get queuedFrames(): number {
    const start = Math.max(
      this.#readIndex,
      Atomics.load(this.#words, Word.FlushMark),
    );
    return Atomics.load(this.#words, Word.WriteIndex) - start;
  }

  /** Frames dropped by flushes. */
  get discardedFrames(): number {
    return this.#words[Word.Discarded];
  }

  /** Frames that the producer could not write. */
  get refusedFrames(): number {
    return Atomics.load(this.#words, Word.Refused);
  }

  /** Whether the producer is in the middle of a stretch of speech. */
  get streaming(): boolean {
    return Atomics.load(this.#words, Word.Streaming) === 1;
  }

  /** Frames that were not there in the middle of a stretch of speech. */
  get missedFrames(): number {
    return this.#words[Word.Missed];
  }

  /** Tells the producer that a frame was wanted and not there; counts only in the middle of a stretch of speech. */
  miss(): void {
    if (!this.streaming) return;
    Atomics.store(this.#words, Word.Missed, this.#words[Word.Missed] + 1);
  }

  /** Tells the producer that so many frames are worth waking this thread. It may be woken sooner, never later. */
  want(frames: number): void {
    Atomics.store(this.#words, Word.Wanted, this.#readIndex + frames);
  }

  /** The oldest frame, in the ring's own memory and valid until {@linkcode advance}; undefined when there is none. */
  peek(): Int16Array | undefined {
    this.#obeyFlush();
    if (this.#readIndex >= Atomics.load(this.#words, Word.WriteIndex)) {
      return undefined;
    }
    const base = Atomics.load(this.#words, Word.Base);
    return this.#frames.at(this.#readIndex - base);
  }

  /** Gives the frame of the last {@linkcode peek} back to the producer. */
  advance(): void {
    this.#readIndex++;
    Atomics.store(this.#words, Word.ReadIndex, this.#readIndex);
  }

  #obeyFlush(): void {
    const mark = Atomics.load(this.#words, Word.FlushMark);
    if (mark <= this.#readIndex) return;
    const dropped = mark - this.#readIndex;
    Atomics.store(
      this.#words,
      Word.Discarded,
      this.#words[Word.Discarded] + dropped,
    );
    Atomics.store(this.#words, Word.FlushedFrom, this.#readIndex);
    Atomics.store(this.#words, Word.FlushedMark, mark);
    this.#readIndex = mark;
    Atomics.store(this.#words, Word.ReadIndex, mark);
  }
}

/** Views of the ring's frames, made when first used so that a short call makes few. */
class FrameViews {
  readonly capacity: number;
  #region: RingRegion;
  #frameSamples: number;
  #views: Int16Array[] = [];
  #bytes: Uint8Array;

  constructor(region: RingRegion, frameSamples: number) {
    const capacity = Math.min(
      region.mostFrames,
      Math.floor(region.lengthBytes / (frameSamples * 2)),
    );
    if (!Number.isInteger(frameSamples) || frameSamples < 1 || capacity < 2) {
      throw new RangeError(
        `Cannot lay out a ring: frame samples must be an integer of which two fit in ${region.lengthBytes} bytes, got ${frameSamples}`,
      );
    }
    this.capacity = capacity;
    this.#region = region;
    this.#bytes = new Uint8Array(region.buffer);
    this.#frameSamples = frameSamples;
  }

  at(index: number): Int16Array {
    const slot = index % this.capacity;
    return this.#views[slot] ??= new Int16Array(
      this.#region.buffer,
      this.#offsetOf(slot),
      this.#frameSamples,
    );
  }

  fillAt(index: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#offsetOf(index % this.capacity));
  }

  #offsetOf(slot: number): number {
    return this.#region.offsetBytes + slot * this.#frameSamples * 2;
  }
}
