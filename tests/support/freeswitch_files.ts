import { elementsOf, readXml, type XmlElement } from "./xml_reader.ts";

/** Where FreeSWITCH's own configuration stands. */
export const FREESWITCH_ROOT = new URL("../../freeswitch/", import.meta.url);

/** Folders that FreeSWITCH reads all `*.xml` of, and the ones that those include. */
const FOLDERS = [
  "",
  "sip_profiles/",
  "dialplan/",
  "dialplan/vapi/",
  "directory/",
  "directory/vapi_users/",
  "autoload_configs/",
];

/** Paths of all XML files below freeswitch/, sorted. */
export async function listFiles(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of FOLDERS) found.push(...await listFolder(folder));
  return found.sort();
}

/** Text of one of FreeSWITCH's configuration files. */
export function readText(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, FREESWITCH_ROOT));
}

/** All elements of a file, with what the preprocessor includes in the place of its line. */
export async function readElements(path: string): Promise<XmlElement[]> {
  return elementsOf(await readIncluded(path));
}

/**
 * A file's tree as FreeSWITCH's preprocessor leaves it: includes, relative to
 * the including file, are resolved. Throws when an include finds no file.
 */
export async function readIncluded(path: string): Promise<XmlElement> {
  const root = readXml(await readText(path));
  return await resolve(root, path.slice(0, path.lastIndexOf("/") + 1));
}

/** Names and values of a file's `param` elements, repeated names included. */
export async function listParameters(
  path: string,
): Promise<[name: string, value: string][]> {
  return (await readElements(path)).filter(({ name }) => name === "param")
    .map(({ attributes }) => [attributes.name, attributes.value]);
}

/** Names and values of a file's `param` elements; the last of a name counts. */
export async function readParameters(
  path: string,
): Promise<Record<string, string>> {
  return Object.fromEntries(await listParameters(path));
}

/** The global variables that the preprocessor sets; one that is set to nothing is not there in FreeSWITCH. */
export async function readVariables(): Promise<Record<string, string>> {
  const lines = (await readElements("vapi_vars.xml")).filter(({ name }) =>
    name === "X-PRE-PROCESS"
  );
  return Object.fromEntries(lines.map(({ attributes }) => {
    const [name, ...value] = attributes.data.split("=");
    return [name, value.join("=")];
  }));
}

async function resolve(
  element: XmlElement,
  folder: string,
): Promise<XmlElement> {
  const children: XmlElement[] = [];
  for (const child of element.children) {
    const { name, attributes } = child;
    if (name !== "X-PRE-PROCESS" || attributes.cmd !== "include") {
      children.push(await resolve(child, folder));
      continue;
    }
    for (const path of await includedFiles(folder + attributes.data)) {
      children.push(...(await readIncluded(path)).children);
    }
  }
  return { ...element, children };
}

async function includedFiles(pattern: string): Promise<string[]> {
  if (!pattern.endsWith("/*.xml")) return [pattern];
  const found = await listFolder(pattern.slice(0, -"*.xml".length));
  if (found.length === 0) throw new Error(`${pattern} includes no file`);
  return found.sort();
}

async function listFolder(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(new URL(folder, FREESWITCH_ROOT))) {
    if (name.endsWith(".xml")) found.push(folder + name);
  }
  return found;
}
