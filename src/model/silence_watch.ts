/** Silence after which a peer is asked, in seconds. */
const ASK_AFTER = 3;
/** What it is given to say anything, in seconds. */
const ANSWER_WITHIN = 2;

/**
 * Tells a peer that has nothing to say from one that is gone: after 3 s of
 * silence it is sent a ping, and has 2 s to send anything. A peer that has never
 * answered a ping is not judged. Counts beats of a second and not time, so that
 * a process that was stopped does not blame its peers. Any thread.
 */
export class SilenceWatch {
  #silentBeats = 0;
  #hasAsked = false;
  #answers = false;

  /** Bytes of the peer arrived. */
  received(): void {
    this.#silentBeats = 0;
  }

  /** It answered a ping. */
  ponged(): void {
    this.#answers = true;
  }

  /** A second has passed: what is to be done. The first ping is sent at once, to learn whether it answers. */
  beat(): "nothing" | "ping" | "lost" {
    this.#silentBeats++;
    const isGone = this.#silentBeats >= ASK_AFTER + ANSWER_WITHIN;
    if (this.#answers && isGone) return "lost";
    if (this.#hasAsked && this.#silentBeats !== ASK_AFTER) return "nothing";
    this.#hasAsked = true;
    return "ping";
  }
}
