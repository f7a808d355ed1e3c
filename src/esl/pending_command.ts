import type { EslMessage } from "./esl_message.ts";

/** A timer of the runtime. */
export type Timer = ReturnType<typeof setTimeout>;

/** A command that waits to be sent or to be answered. */
export interface PendingCommand {
  /** What it is answered with. */
  readonly kind: "command/reply" | "api/response";
  readonly text: string;
  readonly resolve: (reply: EslMessage) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: Timer;
}
