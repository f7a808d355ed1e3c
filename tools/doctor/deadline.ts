/** Something took longer than it may. */
export class TooLateError extends Error {
  override name = "TooLateError";
}

/** Bounds of {@linkcode withDeadline}. */
export interface Deadline {
  readonly timeoutMs: number;
  /** Ends the work earlier. */
  readonly signal: AbortSignal;
}

/**
 * Runs `work` and rejects with TooLateError, or with the signal's reason, when
 * its time is over, whether or not the work obeys its own signal. That signal
 * is aborted at the end in any case, so that nothing of the work stays open.
 */
export async function withDeadline<T>(
  { timeoutMs, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const stop = () => end.abort(signal.reason);
  const late = new TooLateError(`no end after ${timeoutMs / 1000} s`);
  const timer = setTimeout(() => end.abort(late), timeoutMs);
  const over = Promise.withResolvers<never>();
  end.signal.addEventListener("abort", () => over.reject(end.signal.reason));
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([work(end.signal), over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    over.promise.catch(() => {});
    end.abort(new DOMException("over", "AbortError"));
  }
}
