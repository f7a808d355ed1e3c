/** Settings of {@linkcode shareAnswer}. */
export interface SharedAnswerOptions {
  /** How long an answer is given again after it was made. */
  readonly keepMs: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/**
 * Makes an answer for all who ask meanwhile, and a little later: however often
 * it is asked for, `make` runs once at a time and once in `keepMs`. One that
 * failed is not kept. Main thread.
 */
export function shareAnswer<Answer>(
  make: () => Promise<Answer>,
  { keepMs, now = () => performance.now() }: SharedAnswerOptions,
): () => Promise<Answer> {
  let shared: Promise<Answer> | undefined;
  let untilMs = 0;
  async function makeOne(): Promise<Answer> {
    untilMs = Infinity;
    try {
      const answer = await make();
      untilMs = now() + keepMs;
      return answer;
    } catch (error) {
      untilMs = 0;
      throw error;
    }
  }
  return () => {
    if (shared === undefined || now() >= untilMs) shared = makeOne();
    return shared;
  };
}
