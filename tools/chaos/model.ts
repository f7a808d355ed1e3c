import type { DialectName } from "../../src/simulator/stepfun/dialect.ts";
import { type Program, startProgram } from "../capacity/program.ts";
import type { SessionFacts } from "./wire.ts";

const FILE = new URL("model_process.ts", import.meta.url).href;

/** The simulated model in its own process. */
export interface Model {
  readonly url: string;
  /** Switches a fault for all its sessions, e.g. `refuse 503`. */
  apply(fault: string): Promise<void>;
  /** Every session that there was, with times of this process. */
  sessions(): Promise<SessionFacts[]>;
  /** Sessions that are open now. */
  open(): Promise<number>;
  close(): Promise<void>;
}

/** Starts it; it ends when this process does. */
export async function startModel(dialect: DialectName): Promise<Model> {
  const program = await startProgram(FILE);
  try {
    const { url } = await program.ask<{ url: string }>("start", { dialect });
    return modelOf(program, url);
  } catch (error) {
    await program.stop();
    throw error;
  }
}

function modelOf(program: Program, url: string): Model {
  return {
    url,
    apply: (fault) => program.ask("apply", fault),
    async sessions() {
      const sessions = await program.ask<SessionFacts[]>("sessions");
      return sessions.map((session) => ({
        ...session,
        said: session.said.map((said) => ({
          ...said,
          atMs: said.atMs + program.clockOffsetMs,
        })),
      }));
    },
    open: () => program.ask("open"),
    close: () => program.stop(),
  };
}
