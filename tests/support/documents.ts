import { join, relative } from "node:path/posix";

/** Folders whose documents are not ours. */
const FOREIGN = ["out", "node_modules"];

/** Paths of all Markdown files below `root`, from there; hidden folders are left out. */
export function listDocuments(root: string): string[] {
  const found: string[] = [];
  const folders = [root];
  for (const folder of folders) {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      const isOurs = !name.startsWith(".") && !FOREIGN.includes(name);
      if (isDirectory && isOurs) folders.push(path);
      else if (name.endsWith(".md")) found.push(relative(root, path));
    }
  }
  return found.sort();
}

/** Targets of the links and pictures of a document that lead to files of ours. */
export function linksOf(text: string): string[] {
  const targets = [...prose(text).matchAll(/\]\(<?([^()\s>]+)>?\)/g)];
  return targets.map(([, target]) => target).filter((target) =>
    !/^[a-z][a-z+.-]*:/i.test(target)
  );
}

/** The anchors that GitHub gives to a document's headings. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of prose(text).matchAll(/^#{1,6} +(.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const slug = words.trim().toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "").replaceAll(" ", "-");
    let anchor = slug;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** A document without its blocks of code. */
function prose(text: string): string {
  return text.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2 *$/gm, "");
}
