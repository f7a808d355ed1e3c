import type { DialplanAction } from "./call_options.ts";
import { byteText } from "./byte_text.ts";
import { expandVariables, setVariable } from "./channel.ts";
import type { LiveCall } from "./machine.ts";
import { runSocketAction } from "./socket_action.ts";

/** What {@linkcode guardedSockets} puts together. */
export interface GuardedSockets {
  /** Hosts, e.g. `h1:8084|h2:8084`. */
  readonly target: string;
  /** How many times an application is asked for. */
  readonly tries: number;
  /** After so long without an application a call begins again. */
  readonly returnSeconds: number;
  /** After so long without an application a call is hung up. */
  readonly guardSeconds: number;
}

/** The dialplan for applications that may die: guards and socket in turn, then a hang-up. Any thread. */
export function guardedSockets(
  { target, tries, returnSeconds, guardSeconds }: GuardedSockets,
): DialplanAction[] {
  const round: DialplanAction[] = [
    { schedTransfer: returnSeconds },
    { schedHangup: guardSeconds },
    { socket: target },
  ];
  const rounds = Array.from({ length: tries }, () => round);
  return [...rounds.flat(), { hangup: "NORMAL_TEMPORARY_FAILURE" }];
}

/** Follows the dialplan until the call is down; a plan that is over hangs up. */
export async function runDialplan(
  call: LiveCall,
  actions: readonly DialplanAction[],
) {
  for (let at = 0; at < actions.length;) {
    if (call.isElsewhere) await call.down;
    if (!call.isUp) return;
    const action = actions[at];
    call.actionsRun.push(describe(action));
    await runAction(call, action);
    at = call.takeReturn() ? 0 : at + 1;
  }
  call.hangUp("NORMAL_CLEARING");
}

async function runAction(call: LiveCall, action: DialplanAction) {
  if ("socket" in action) {
    await runSocketAction(call, action.socket);
  } else if ("hangup" in action) {
    const cause = expandVariables(call.channel, action.hangup);
    call.hangUp(cause || "NORMAL_CLEARING");
  } else if ("setVariable" in action) {
    const [name, value] = action.setVariable;
    const bytes = byteText(value);
    setVariable(call.channel, name, expandVariables(call.channel, bytes));
  } else if ("schedHangup" in action) {
    const cause = action.cause ?? "ALLOTTED_TIMEOUT";
    call.schedule(action.schedHangup * 1000, () => call.hangUp(cause));
  } else if ("schedTransfer" in action) {
    call.schedule(action.schedTransfer * 1000, () => call.beginAgain());
  } else if ("answer" in action) {
    await call.answer();
  } else if ("sleepMs" in action) {
    await call.sleep(action.sleepMs);
  } else {
    await call.down;
  }
}

function describe(action: DialplanAction): string {
  const [[name, value]] = Object.entries(action);
  if (name === "park" || name === "answer") return name;
  return `${name} ${Array.isArray(value) ? value.join("=") : value}`;
}
