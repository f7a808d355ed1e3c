import { readIfThere, writeAtomically } from "./atomic_file.ts";
import { switchVarsPath } from "./freeswitch_vars.ts";
import { followReference } from "./secrets.ts";
import type { SiteSwitch } from "./site.ts";
import { SWITCH_PASSWORDS } from "./switch_passwords.ts";
import type { DeployContext, Release } from "./target.ts";

/** The template's password, which must never reach FreeSWITCH. */
const NOT_CHANGED = "CHANGE-ME";

/** Where the files for FreeSWITCH are, passwords included. */
export function switchVarsDirectory({ state }: { readonly state: string }) {
  return `${state}/secrets/freeswitch`;
}

/**
 * Writes each FreeSWITCH's vapi_vars.xml of a release with its passwords,
 * readable by the deployer alone; true when one is new. Throws Error when one
 * would keep a password of the template.
 */
export async function writeSwitchVars(
  context: DeployContext,
  { files }: Release,
): Promise<boolean> {
  let isChanged = false;
  const directory = switchVarsDirectory(context);
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  const names = context.site.freeswitch.map(({ name }) => name);
  for await (const { name } of Deno.readDir(directory)) {
    if (names.includes(name)) continue;
    await Deno.remove(`${directory}/${name}`, { recursive: true });
  }
  for (const own of context.site.freeswitch) {
    // A release of before may not know this one.
    const template = files.get(switchVarsPath(own.name));
    if (template === undefined) continue;
    const path = `${directory}/${own.name}/vapi_vars.xml`;
    const text = await fillPasswords(template, own);
    if (await readIfThere(path) === text) continue;
    await Deno.mkdir(`${directory}/${own.name}`, { recursive: true });
    await writeAtomically(path, text, 0o600);
    isChanged = true;
    context.tell(
      `${own.name}: has new variables: copy ${path} to /etc/freeswitch/ there, and reloadxml`,
    );
  }
  return isChanged;
}

async function fillPasswords(text: string, own: SiteSwitch): Promise<string> {
  for (const { field, placeholder, variable } of SWITCH_PASSWORDS) {
    const reference = own[field];
    if (reference === undefined) continue;
    const found = await followReference(reference);
    if (!("value" in found)) throw new Error(`${variable}: ${found.what}`);
    text = text.replaceAll(placeholder, () => found.value);
  }
  const left = [
    NOT_CHANGED,
    ...SWITCH_PASSWORDS.map(({ placeholder }) => placeholder),
  ].find((each) => text.includes(each));
  if (left === undefined) return text;
  throw new Error(
    `${own.name}'s vapi_vars.xml still has the password ${left}; deploy the site with its passwords`,
  );
}
