import { type Finding, problem, warning, well } from "./finding.ts";

const ACTION = /<(?:anti-)?action\b[^>]*>/g;

/** Judges whether the dialplan hands calls to our port, by the text of its XML. */
export function judgeDialplan(xml: string, port: number): Finding[] {
  const actions = [...xml.replace(/<!--[\s\S]*?-->/g, "").matchAll(ACTION)]
    .map(([tag]) => ({
      application: attribute(tag, "application"),
      data: attribute(tag, "data"),
    }));
  const sockets = actions.filter(({ application }) => application === "socket");
  const ours = sockets.filter(({ data }) =>
    new RegExp(`:${port}(?!\\d)`).test(data)
  );
  if (ours.length === 0) return [describeNone(sockets, port)];
  const findings =
    ours.every(({ data }) => /\basync\b/.test(data) && /\bfull\b/.test(data))
      ? [well(`the dialplan hands calls to port ${port}`)]
      : [problem(
        `the dialplan hands calls to port ${port} without "async full"`,
        `write <action application="socket" data="HOST:${port} async full"/>`,
      )];
  if (!isGuarded(actions, "sched_hangup")) {
    findings.push(warning(
      "an action socket has no sched_hangup before it: a node that accepts and stays silent keeps the call for ever",
      `put <action application="sched_hangup" data="+30 allotted_timeout"/> before it`,
    ));
  } else if (!isGuarded(actions, "sched_transfer")) {
    findings.push(warning(
      "an action socket has no sched_transfer before it: the call of a node that dies in the wrong moment is hung up after 30 s",
      'put <action application="sched_transfer" data="+5 ${destination_number} XML ${context}"/> before it',
    ));
  }
  return findings;
}

function describeNone(
  sockets: readonly { readonly data: string }[],
  port: number,
): Finding {
  if (sockets.some(({ data }) => data.includes("${"))) {
    return warning(
      `the dialplan's action socket gets its nodes from a variable`,
      `fs_cli -x 'global_getvar vapi_nodes_0' must show hosts with port ${port}, and so must vapi_nodes_1 to vapi_nodes_b`,
    );
  }
  const others = sockets.length === 0
    ? "no action socket"
    : "an action socket, with another port";
  return problem(
    `the dialplan has ${others}; no call comes to ESL_PORT ${port}`,
    "install freeswitch/dialplan/, set vapi_nodes_0 to vapi_nodes_b in vapi_vars.xml, and reloadxml",
  );
}

/** Whether a guard stands before each socket, since the one before it. */
function isGuarded(
  actions: readonly { application: string }[],
  guard: "sched_hangup" | "sched_transfer",
): boolean {
  let guarded = false;
  for (const { application } of actions) {
    if (application === guard) guarded = true;
    if (application !== "socket") continue;
    if (!guarded) return false;
    guarded = false;
  }
  return true;
}

function attribute(tag: string, name: string): string {
  const found = new RegExp(`\\b${name}=(?:"([^"]*)"|'([^']*)')`).exec(tag);
  return found?.[1] ?? found?.[2] ?? "";
}
