/** Length of each answer of the simulated model, in milliseconds. */
export const ANSWER_MS = 2800;

/** An answer that the simulated model has ended. */
export interface Said {
  readonly text: string;
  readonly whole: boolean;
  /** When it ended, in milliseconds of the model's process. */
  readonly atMs: number;
}

/** What the model's process knows of one session; it survives JSON. */
export interface SessionFacts {
  readonly index: number;
  /** The instructions, which name the caller. */
  readonly persona: string;
  readonly ended: boolean;
  /** What the client gave before anything was said. */
  readonly given: readonly string[];
  readonly said: readonly Said[];
}
