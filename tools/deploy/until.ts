const POLL_MS = 50;

/** Polls a condition until it holds; rejects with the signal's reason when that comes first. */
export async function until(
  holds: () => Promise<boolean>,
  stop: AbortSignal,
): Promise<void> {
  while (!await holds()) {
    stop.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
