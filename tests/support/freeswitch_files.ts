import assert from "node:assert/strict";
import { elementsOf, readXml, type XmlElement } from "./xml_reader.ts";

/** Where FreeSWITCH's own configuration stands. */
export const FREESWITCH_ROOT = new URL("../../freeswitch/", import.meta.url);

/** One step of the dialplan. */
export type Action = { readonly application: string; readonly data: string };

/** Text of one of FreeSWITCH's configuration files. */
export function readText(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, FREESWITCH_ROOT));
}

/** All elements of a file. */
export async function readElements(path: string): Promise<XmlElement[]> {
  return elementsOf(readXml(await readText(path)));
}

/** Names and values of a file's `param` elements. */
export async function readParameters(
  path: string,
): Promise<Record<string, string>> {
  const parameters = (await readElements(path)).filter(({ name }) =>
    name === "param"
  );
  return Object.fromEntries(
    parameters.map(({ attributes }) => [attributes.name, attributes.value]),
  );
}

/** The global variables that the preprocessor sets. */
export async function readVariables(): Promise<Record<string, string>> {
  const lines = (await readElements("vapi_vars.xml")).filter(({ name }) =>
    name === "X-PRE-PROCESS"
  );
  return Object.fromEntries(lines.map(({ attributes }) => {
    const [name, ...value] = attributes.data.split("=");
    return [name, value.join("=")];
  }));
}

/** The actions that FreeSWITCH runs for a called number, as its XML dialplan chooses them. */
export async function actionsFor(calledNumber: string): Promise<Action[]> {
  const actions: Action[] = [];
  for (const extension of await readElements("dialplan/from-uap.xml")) {
    if (extension.name !== "extension") continue;
    const [condition] = extension.children;
    assert.equal(condition.attributes.field, "destination_number");
    if (!new RegExp(condition.attributes.expression).test(calledNumber)) {
      continue;
    }
    for (const { attributes } of condition.children) {
      actions.push({
        application: attributes.application,
        data: attributes.data ?? "",
      });
    }
    if (extension.attributes.continue !== "true") break;
  }
  return actions;
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
