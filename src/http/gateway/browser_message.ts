import { z } from "zod";
import type { SaidLine } from "../../router/call_control.ts";

const Message = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("dtmf"),
    digit: z.string().regex(/^[0-9*#A-D]$/, "must be one of 0-9 * # A-D"),
  }),
  z.strictObject({ type: z.literal("hold"), held: z.boolean() }),
  z.strictObject({ type: z.literal("hang_up") }),
]);

/** What a browser tells its call: a key, that it holds the line or goes on, or that it ends the call. */
export type BrowserMessage = z.infer<typeof Message>;

/** What a browser is told of its call. */
export type GatewayMessage =
  /** The call was taken; the model is being asked for. */
  | { readonly type: "ringing"; readonly callId: string }
  /** Frames may be sent, and will come. `ticket` is for coming back after the connection was lost. */
  | {
    readonly type: "answered";
    readonly rateHz: number;
    readonly frameMs: number;
    readonly ticket: string;
  }
  /** A line of what was said in this conversation is new, or has another text. */
  | ({ readonly type: "said" } & SaidLine)
  /** The last message. `mayReturn`: the conversation can go on over another connection, with the newest ticket. */
  | {
    readonly type: "ended";
    readonly cause: string;
    readonly reason: string;
    readonly mayReturn: boolean;
  }
  /** A message of the browser's was not understood; the call goes on. */
  | { readonly type: "error"; readonly message: string };

/** Reads a text message. Throws SyntaxError or ZodError for one that is none of ours. */
export function readBrowserMessage(text: string): BrowserMessage {
  return Message.parse(JSON.parse(text));
}
