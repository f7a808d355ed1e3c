import type { ModelError } from "../shard/speech_model.ts";
import type { Conversation } from "./conversation.ts";
import type { ModelSocket } from "./model_socket.ts";

/** What an opening waits for. */
export type OpeningStage = "upgrade" | "session.created" | "session.updated";

/** `open` is under way. */
export interface Opening {
  readonly state: "opening";
  readonly opened: PromiseWithResolvers<void>;
  readonly gone: PromiseWithResolvers<void>;
  socket: ModelSocket | undefined;
  stage: OpeningStage;
  /** An error that may have meant nothing, and the timer that ends the opening for it. */
  doubt?: {
    readonly failure: ModelError;
    readonly timer: ReturnType<typeof setTimeout>;
  };
}

/** The model takes audio. */
export interface Open {
  readonly state: "open";
  readonly socket: ModelSocket;
  readonly conversation: Conversation;
  /** Speech that was dropped since the peer last took some. */
  lostSamples: number;
}

/** Where a client is in its life; each follows the one before, or closed does. Worker thread. */
export type ClientState =
  | { readonly state: "new" }
  | Opening
  | Open
  | { readonly state: "closed" };
