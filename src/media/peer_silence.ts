/** FreeSWITCH sends also while the caller is silent: after so long it is gone, in milliseconds. */
export const GONE_AFTER_MS = 10_000;
/** After so long it is worth asking whether there is still a channel, in milliseconds. */
export const PAUSED_AFTER_MS = 2000;
/** Who tells the time less often than this, in milliseconds, stood still, or the machine did: that is no silence of FreeSWITCH. */
const STOOD_STILL_MS = 1000;

/** Notices that FreeSWITCH sends nothing any more. One thread. */
export class PeerSilence {
  #heardMs = 0;
  #tickedMs = NaN;
  #told: "nothing" | "paused" | "gone" = "nothing";

  /** Something came. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#told = "nothing";
  }

  /** What is to be told at this time, each once; to be asked every frame or so. */
  tick(nowMs: number): "paused" | "gone" | undefined {
    const stoodMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    if (stoodMs > STOOD_STILL_MS) {
      this.#heardMs = Math.min(nowMs, this.#heardMs + stoodMs);
    }
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= GONE_AFTER_MS && this.#told !== "gone") {
      return this.#told = "gone";
    }
    if (silentMs >= PAUSED_AFTER_MS && this.#told === "nothing") {
      return this.#told = "paused";
    }
  }
}
