/** FreeSWITCH sends also while the caller is silent: after so long it is gone, in milliseconds. */
export const GONE_AFTER_MS = 10_000;
/** After so long it is worth asking whether there is still a channel, in milliseconds. */
export const PAUSED_AFTER_MS = 2000;
/** Who tells the time less often than this, in milliseconds, stood still, or the machine did: that is no silence of FreeSWITCH. */
const STOOD_STILL_MS = 1000;

/** Notices that FreeSWITCH sends nothing any more. One thread. */
export class PeerSilence {
  #heardMs = 0;
  /** How long of the silence the clock stood still. */
  #stoodMs = 0;
  #told: "nothing" | "paused" | "gone" = "nothing";

  /** What is to be told at this time, `sinceMs` after the clock's last tick, when something came last at `heardMs`: each once. To be asked every frame or so while nothing comes. */
  tick(
    { nowMs, sinceMs, heardMs }: {
      readonly nowMs: number;
      readonly sinceMs: number;
      readonly heardMs: number;
    },
  ): "paused" | "gone" | undefined {
    if (heardMs !== this.#heardMs) {
      this.#heardMs = heardMs;
      this.#stoodMs = 0;
      this.#told = "nothing";
    }
    const passedMs = nowMs - heardMs;
    if (sinceMs > STOOD_STILL_MS) {
      this.#stoodMs = Math.min(passedMs, this.#stoodMs + sinceMs);
    }
    const silentMs = passedMs - this.#stoodMs;
    if (silentMs >= GONE_AFTER_MS && this.#told !== "gone") {
      return this.#told = "gone";
    }
    if (silentMs >= PAUSED_AFTER_MS && this.#told === "nothing") {
      return this.#told = "paused";
    }
  }
}
