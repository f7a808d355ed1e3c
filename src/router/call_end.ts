/** Why a call ended, as far as we know. */
export type CallEnd =
  /** FreeSWITCH hung the channel up: the caller, the other side, or its dialplan. */
  | { readonly by: "hangup"; readonly cause: string }
  /** The event socket went away without a hang-up. */
  | { readonly by: "connection"; readonly reason: string }
  /** The speech model could not be had or was lost. */
  | { readonly by: "model"; readonly kind: string; readonly message: string }
  /** Shards died in its hands, or none could be had. */
  | { readonly by: "shard" }
  /** The caller said nothing for too long. */
  | { readonly by: "silence" }
  /** An operator has ended it. */
  | { readonly by: "operator" }
  /** The assistant has taken leave of the caller. */
  | { readonly by: "assistant" }
  /** The assistant, or an operator, sends the caller to somebody else. */
  | { readonly by: "transfer"; readonly to: string }
  /** Another node has it now. */
  | { readonly by: "taken" }
  /** The channel's audio is of a kind that we do not carry. */
  | { readonly by: "format"; readonly message: string }
  /** FreeSWITCH sent no audio; `elsewhere` when another node may have more luck. */
  | {
    readonly by: "media";
    readonly message: string;
    readonly elsewhere?: boolean;
  }
  /** The call was as long as a call may be. */
  | { readonly by: "limit" }
  /** The node leaves. */
  | { readonly by: "drain" }
  /** The machine has no socket left. */
  | { readonly by: "overload"; readonly error: unknown }
  /** FreeSWITCH refused or did not answer a command. */
  | { readonly by: "control"; readonly error: unknown };

/**
 * What FreeSWITCH is told at the end of a call: to hang up with a cause, to send
 * the channel to a number, to go on with the dialplan (which finds the cause in
 * the variable `vapi_cause`), or nothing because the channel or the connection is
 * gone.
 */
export type Farewell =
  | { readonly do: "hang_up"; readonly cause: string }
  | { readonly do: "transfer"; readonly to: string }
  | { readonly do: "leave"; readonly cause: string; readonly reason: string }
  | { readonly do: "nothing" };

/** Chooses the farewell for an end. A call that we cannot serve is left to the dialplan, so that its next action runs. */
export function farewellFor(end: CallEnd): Farewell {
  switch (end.by) {
    case "hangup":
    case "connection":
    case "taken":
      return { do: "nothing" };
    case "transfer":
      return { do: "transfer", to: end.to };
    case "silence":
    case "assistant":
    case "operator":
      return { do: "hang_up", cause: "NORMAL_CLEARING" };
    case "limit":
      return { do: "hang_up", cause: "ALLOTTED_TIMEOUT" };
    case "media":
      return end.elsewhere
        ? leave("MEDIA_TIMEOUT", "media")
        : { do: "hang_up", cause: "MEDIA_TIMEOUT" };
    case "format":
      return leave("INCOMPATIBLE_DESTINATION", "format");
    case "overload":
      return leave("NORMAL_CIRCUIT_CONGESTION", "overload");
    case "model":
      return leave("NORMAL_TEMPORARY_FAILURE", `model_${end.kind}`);
    case "shard":
    case "drain":
    case "control":
      return leave("NORMAL_TEMPORARY_FAILURE", end.by);
  }
}

/** What an end says of the service: the caller was served, was not and yet nobody failed, or somebody did. */
export type Outcome = "served" | "unserved" | "failed";

const OUTCOMES: Readonly<Record<CallEnd["by"], Outcome>> = {
  hangup: "served",
  operator: "served",
  assistant: "served",
  transfer: "served",
  limit: "served",
  silence: "unserved",
  taken: "unserved",
  drain: "unserved",
  connection: "failed",
  model: "failed",
  shard: "failed",
  format: "failed",
  media: "failed",
  overload: "failed",
  control: "failed",
};

/** What the end says of the service, of a call that had audio. */
export function outcomeOf(end: CallEnd): Outcome {
  return OUTCOMES[end.by];
}

/** The causes of callers who cancel, of callers who were answered somewhere else, and of hang-ups whose cause never came. */
const CAUSES_OF_CALLERS: readonly string[] = [
  "ORIGINATOR_CANCEL",
  "NORMAL_CLEARING",
  "NORMAL_UNSPECIFIED",
  "LOSE_RACE",
  "UNSPECIFIED",
];

/** Whether an end of a call that nobody had answered says that its caller gave up. */
export function isGivenUp(end: CallEnd): boolean {
  // Before the events are subscribed to, a hang-up shows by the connection's end alone.
  if (end.by === "connection") return true;
  return end.by === "hangup" && CAUSES_OF_CALLERS.includes(end.cause);
}

/** Whether the channel may live on after such an end, and reach another node. */
export function goesOn(end: CallEnd): boolean {
  if (end.by === "connection") return true;
  const farewell = farewellFor(end);
  return farewell.do === "leave" || farewell.do === "transfer";
}

function leave(cause: string, reason: string): Farewell {
  return { do: "leave", cause, reason };
}
