import type { DialplanAction } from "./call_options.ts";
import { byteText } from "./byte_text.ts";
import { expandVariables, setVariable } from "./channel.ts";
import type { LiveCall } from "./machine.ts";
import { runSocketAction } from "./socket_action.ts";

/** Follows the dialplan until the call is down; a plan that is over hangs up. */
export async function runDialplan(
  call: LiveCall,
  actions: readonly DialplanAction[],
) {
  for (const action of actions) {
    if (!call.isUp) return;
    call.actionsRun.push(describe(action));
    await runAction(call, action);
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
    call.setGuard(action.schedHangup * 1000, cause);
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
