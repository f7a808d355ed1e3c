import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path/posix";
import { anchorsOf, linksOf, listDocuments } from "./support/documents.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const read = (path: string) => Deno.readTextFileSync(join(ROOT, path));
const DOCUMENTS = listDocuments(ROOT);

/** What is wrong with a link of a document; undefined when it leads somewhere. */
function flawOf(document: string, link: string): string | undefined {
  const [target, anchor] = link.split("#", 2);
  const path = target === ""
    ? document
    : normalize(join(dirname(document), decodeURI(target)));
  const stat = statOf(path);
  if (stat === undefined) return `${link}: there is no ${path}`;
  if (anchor === undefined || !stat.isFile) return undefined;
  const wanted = decodeURIComponent(anchor);
  if (anchorsOf(read(path)).has(wanted)) return undefined;
  return `${link}: ${path} has no heading ${wanted}`;
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(join(ROOT, path));
  } catch {
    return undefined;
  }
}

Deno.test("there are documents and links to look at", () => {
  assert.ok(DOCUMENTS.includes("README.md"));
  assert.ok(linksOf(read("README.md")).includes("docs/architecture.md"));
});

for (const document of DOCUMENTS) {
  Deno.test(`every link of ${document} leads to a file and a heading`, () => {
    const flaws = linksOf(read(document)).map((link) => flawOf(document, link));
    assert.deepEqual(flaws.filter((flaw) => flaw !== undefined), []);
  });
}

const { tasks, imports } = JSON.parse(read("deno.json"));

for (const document of ["README.md", "README.zh-CN.md"]) {
  Deno.test(`${document} has a row for every task`, () => {
    const text = read(document);
    const missing = Object.keys(tasks).filter((task) =>
      !text.includes(`| \`deno task ${task}\` `)
    );
    assert.deepEqual(missing, []);
  });
}

Deno.test("docs/dependencies.md has a row for every package and its version", () => {
  const text = read("docs/dependencies.md");
  const missing = Object.entries<string>(imports).filter(([name, specifier]) =>
    !text.includes(`| \`${name}\` ${specifier.split("@").at(-1)} `)
  );
  assert.deepEqual(missing, []);
});

for (
  const document of [
    "docs/closing.md",
    "docs/operations.md",
    "docs/operations.zh-CN.md",
  ]
) {
  Deno.test(`${document} has a row for every end of a call`, () => {
    const source = read("src/router/call_end.ts");
    const ends = [...source.matchAll(/readonly by: "([a-z]+)"/g)];
    assert.ok(ends.length > 5, "the ends are written in another form");
    const text = read(document);
    const missing = ends.map(([, by]) => by).filter((by) =>
      !new RegExp(`^\\| \`${by}\` +\\|`, "m").test(text)
    );
    assert.deepEqual(missing, []);
  });
}

for (const document of ["docs/events.md", "docs/events.zh-CN.md"]) {
  Deno.test(`${document} has a row for every type of event`, () => {
    const source = read("src/store/call_store.ts");
    const [, union] = /readonly type:([^;]+);/.exec(source) ?? [];
    const types = [...(union ?? "").matchAll(/"([a-z_]+)"/g)];
    assert.ok(types.length > 5, "the types are written in another form");
    const text = read(document);
    const missing = types.map(([, type]) => type).filter((type) =>
      !new RegExp(`^\\| \`${type}\` +\\|`, "m").test(text)
    );
    assert.deepEqual(missing, []);
  });
}
