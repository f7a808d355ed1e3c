/** Signals that come closer together than this are one: it comes from the terminal and from `deno task`, in milliseconds. */
const SAME_SIGNAL_MS = 500;

/** How {@linkcode stopByCtrlC} ends. */
export interface StopOptions {
  /** The exit code of a second Ctrl-C, which ends the process at once. */
  readonly exitCode: number;
  /** Called at the first one. */
  readonly stopping?: () => void;
}

/** Gives a signal that the first Ctrl-C aborts. */
export function stopByCtrlC({ exitCode, stopping }: StopOptions): AbortSignal {
  const stop = new AbortController();
  let askedMs: number | undefined;
  Deno.addSignalListener("SIGINT", () => {
    if (askedMs !== undefined) {
      if (performance.now() - askedMs > SAME_SIGNAL_MS) Deno.exit(exitCode);
      return;
    }
    askedMs = performance.now();
    stopping?.();
    stop.abort(new DOMException("stopped by Ctrl-C", "AbortError"));
  });
  return stop.signal;
}
