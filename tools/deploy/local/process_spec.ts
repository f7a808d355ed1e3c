import { z } from "zod";

const SPEC = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  order: z.int(),
  command: z.string().min(1),
  args: z.array(z.string()),
  directory: z.string(),
  environment: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), z.string()),
  stopSeconds: z.number().min(0).max(100_000),
  version: z.string(),
});

/**
 * A process that the supervisor keeps running. `order`: the lowest ends last.
 * `secrets` are files, by the variable that gets their text. A new `version`
 * replaces the process, which has `stopSeconds` to end after SIGTERM.
 */
export type ProcessSpec = Readonly<z.infer<typeof SPEC>>;

/** Reads a spec's JSON. Throws when it is none. */
export function parseProcessSpec(text: string): ProcessSpec {
  return SPEC.parse(JSON.parse(text));
}

/** What the supervisor says of a process. */
export interface ProcessStatus {
  readonly state: "running" | "stopping" | "waiting" | "stopped";
  /** Of the process that runs or ran last. */
  readonly version: string;
  readonly pid?: number;
  /** Times that it ended by itself. */
  readonly restarts: number;
  readonly lastExit?: string;
}

/** What the supervisor says of itself. */
export interface SupervisorStatus {
  readonly pid: number;
  readonly processes: Readonly<Record<string, ProcessStatus>>;
}
