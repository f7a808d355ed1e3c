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
  let left = actions;
  while (left.length > 0) {
    if (call.isElsewhere) await call.down;
    if (!call.isUp) return;
    const [action, ...rest] = left;
    call.actionsRun.push(describe(action));
    await runAction(call, action);
    left = call.takeMove() ?? rest;
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
    call.schedule(action.schedTransfer * 1000, () => call.transferTo());
  } else if ("transfer" in action) {
    call.transferTo();
  } else if ("bridge" in action) {
    await bridge(call, action.bridge);
  } else if ("answer" in action) {
    await call.answer();
  } else if ("sleepMs" in action) {
    await call.sleep(action.sleepMs);
  } else {
    await call.down;
  }
}

/** Rings somebody; who is answered talks until somebody hangs up, as with `hangup_after_bridge`. */
async function bridge(
  call: LiveCall,
  { ringMs, cause }: { readonly ringMs: number; readonly cause?: string },
) {
  await call.sleep(ringMs);
  if (!call.isUp) return;
  setVariable(call.channel, "originate_disposition", cause ?? "SUCCESS");
  if (cause === undefined) await call.down;
}

function describe(action: DialplanAction): string {
  const [[name, value]] = Object.entries(action);
  if (name === "bridge") return name;
  if (name === "park" || name === "answer") return name;
  return `${name} ${Array.isArray(value) ? value.join("=") : value}`;
}
