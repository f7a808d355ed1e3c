import assert from "node:assert/strict";
import type { DialplanAction } from "../../../src/simulator/freeswitch/call_options.ts";
import { readIncluded, readVariables } from "../../support/freeswitch_files.ts";
import { elementsOf, type XmlElement } from "../../support/xml_reader.ts";

/** One step of the dialplan as FreeSWITCH would run it; `${…}` is not replaced yet. */
export interface Action {
  readonly application: string;
  readonly data: string;
}

/** A call that looks for its way. */
export interface Walk {
  /** Of the profile; `from-uap` unless told. */
  readonly context?: string;
  readonly calledNumber: string;
  /** A random one unless told. */
  readonly uuid?: string;
  /** Channel variables, or other values of global ones. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Global and channel variables by name; the channel's own are written in the dialplan. */
type Variables = Record<string, string>;

/**
 * The actions that FreeSWITCH runs for a call, chosen as mod_dialplan_xml does:
 * extensions in order from the one that is called like the number, all
 * conditions of one must hold, `continue` goes on, `inline` counts at once.
 */
export async function walkDialplan(walk: Walk): Promise<Action[]> {
  const context = walk.context ?? "from-uap";
  const root = await readIncluded(`dialplan/${context}.xml`);
  const extensions = elementsOf(root).filter(({ name }) =>
    name === "extension"
  );
  const variables: Variables = {
    ...await readVariables(),
    ...walk.variables,
    destination_number: walk.calledNumber,
    uuid: walk.uuid ?? crypto.randomUUID(),
  };
  const first = extensions.findIndex(({ attributes }) =>
    attributes.name === walk.calledNumber
  );
  const actions: Action[] = [];
  for (const extension of extensions.slice(Math.max(first, 0))) {
    const fits = runExtension(extension, variables, actions);
    if (fits && extension.attributes.continue !== "true") break;
  }
  return actions;
}

/**
 * The same actions for the simulated FreeSWITCH: `set`, the guards, `socket` and
 * `hangup`; applications that do nothing to a hand-over are left out.
 * Throws Error for one that it does not know.
 */
export async function simulatedDialplan(walk: Walk): Promise<DialplanAction[]> {
  const variables = {
    ...await readVariables(),
    ...walk.variables,
    destination_number: walk.calledNumber,
    context: walk.context ?? "from-uap",
  };
  const plan: DialplanAction[] = [];
  for (const { application, data } of await walkDialplan(walk)) {
    const action = simulate(application, { data, variables });
    if (action !== undefined) plan.push(action);
  }
  return plan;
}

/** What `set` actions leave in a variable. */
export function valueOf(name: string, actions: readonly Action[]) {
  return actions.filter(({ application, data }) =>
    application === "set" && data.startsWith(`${name}=`)
  ).at(-1)?.data.slice(name.length + 1);
}

/** Where an application stands among the actions. */
export function positionsOf(application: string, actions: readonly Action[]) {
  return actions.flatMap((action, at) =>
    action.application === application ? [at] : []
  );
}

/** Replaces `$${name}` and `${name}`; an unknown name becomes nothing. */
export function expand(text: string, variables: Readonly<Variables>): string {
  return text.replace(
    /\$?\$\{([\w-]+)\}/g,
    (_, name: string) => variables[name] ?? "",
  );
}

/** What FreeSWITCH does when it reads the file: `$${name}` only. */
function preprocess(text: string, variables: Readonly<Variables>): string {
  return text.replace(
    /\$\$\{(\w+)\}/g,
    (_, name: string) => variables[name] ?? "",
  );
}

function runExtension(
  extension: XmlElement,
  variables: Variables,
  actions: Action[],
): boolean {
  for (const condition of extension.children) {
    const groups = match(condition, variables);
    if (groups === undefined) return false;
    for (const { attributes } of condition.children) {
      const data = preprocess(attributes.data ?? "", variables).replace(
        /\$([0-9])/g,
        (_, group: string) => groups[Number(group)] ?? "",
      );
      actions.push({ application: attributes.application, data });
      if (attributes.inline !== "true") continue;
      const [name, ...value] = expand(data, variables).split("=");
      variables[name] = value.join("=");
    }
  }
  return true;
}

function match(
  { attributes: { field, expression } }: XmlElement,
  variables: Variables,
): readonly string[] | undefined {
  if (field === undefined) return [];
  const text = field.includes("$")
    ? expand(field, variables)
    : variables[field] ?? "";
  return new RegExp(expand(expression, variables)).exec(text) ?? undefined;
}

function simulate(
  application: string,
  { data, variables }: { data: string; variables: Variables },
): DialplanAction | undefined {
  const value = expand(data, variables);
  switch (application) {
    case "set": {
      const [name, ...rest] = value.split("=");
      variables[name] = rest.join("=");
      return { setVariable: [name, variables[name]] };
    }
    case "sched_hangup": {
      const [seconds, cause] = data.split(" ");
      return { schedHangup: Number(seconds), cause: cause.toUpperCase() };
    }
    case "sched_transfer": {
      const [seconds, ...target] = value.split(" ");
      const { destination_number, context } = variables;
      assert.deepEqual(target, [destination_number, "XML", context]);
      return { schedTransfer: Number(seconds) };
    }
    case "socket":
      return { socket: value.replace(/ async full$/, "") };
    case "hangup":
      return { hangup: data };
    case "ring_ready":
    case "limit":
      return undefined;
    default:
      throw new Error(`The simulator has no ${application}`);
  }
}
