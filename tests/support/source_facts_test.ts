import assert from "node:assert/strict";
import { readFacts } from "./source_facts.ts";

const IMPORTS: [what: string, source: string, expected: string[]][] = [
  ["a default import", `import a from "./a.ts";`, ["./a.ts"]],
  ["a side effect", `import "./a.ts"`, ["./a.ts"]],
  ["a namespace", `import * as a from './a.ts';`, ["./a.ts"]],
  ["both forms", `import a, { b as c } from "./a.ts";`, ["./a.ts"]],
  ["many lines", `import {\n  a, // from "no"\n  b,\n} from "./a.ts";`, [
    "./a.ts",
  ]],
  ["a type", `import type { A } from "./a.ts";`, ["./a.ts"]],
  ["a type named from", `import type from from "./a.ts";`, ["./a.ts"]],
  ["an import named from", `import { from } from "./a.ts";`, ["./a.ts"]],
  ["a string name", `import { "a b" as c } from "./a.ts";`, ["./a.ts"]],
  ["an attribute", `import a from "./a.json" with { type: "json" };`, [
    "./a.json",
  ]],
  ["two without semicolons", `import a from "./a.ts"\nimport "./b.ts"`, [
    "./a.ts",
    "./b.ts",
  ]],
  ["export all", `export * from "./a.ts";`, ["./a.ts"]],
  ["export all as", `export * as a from "./a.ts";`, ["./a.ts"]],
  ["export names", `export { a, b as c } from "./a.ts";`, ["./a.ts"]],
  ["export types", `export type { A } from "./a.ts";`, ["./a.ts"]],
  ["a dynamic import", `const a = await import("./a.ts");`, ["./a.ts"]],
  ["one in a template", "`${await import(`./a.ts`)} import('no')`", ["./a.ts"]],
  ["one with options", `import("./a.json", { with: {} })`, ["./a.json"]],
  ["an import type", `let a: import("./a.ts").A;`, ["./a.ts"]],
  ["one after a regular expression", `const r = /["'\`/]/g; import "./a.ts"`, [
    "./a.ts",
  ]],
  ["one after a division", `const r = a / b; import "./a.ts"; c / d`, [
    "./a.ts",
  ]],
  ["one twice", `import "./a.ts"; import("./a.ts")`, ["./a.ts"]],
  ["a comment", `// import "./a.ts"\n/* import "./b.ts" */`, []],
  ["a string", `const a = 'import "./a.ts"';`, []],
  ["a local export", `export { a };\nconst b = "from";`, []],
  ["a declaration", `export const from = "./a.ts";`, []],
  ["import.meta", `import.meta.url; const from = "a";`, []],
  ["a property", `a.import("./a.ts"); b({ import: "./b.ts" });`, []],
  ["a worker's address", `new URL("./a.ts", import.meta.url)`, []],
];

for (const [what, source, expected] of IMPORTS) {
  Deno.test(`the imports of ${what} are ${expected.join(", ") || "none"}`, () => {
    assert.deepEqual(readFacts(source).imports, expected);
  });
}

Deno.test("an import with a computed specifier is noticed", () => {
  assert.equal(readFacts('import("./a" + b)').hasComputedImport, true);
  assert.equal(readFacts("import(`./${a}`)").hasComputedImport, true);
  assert.equal(readFacts('import("./a.ts")').hasComputedImport, false);
});

Deno.test("exported names are found in each form of export", () => {
  const source = `
    export class A {}
    export default class B {}
    export abstract class C {}
    export async function d() {}
    export function* e() {}
    export const f = 1;
    export type G = { notThis: 1 };
    export interface H {}
    const i = 1, j = 2;
    export { i, j as k };
    export type { L } from "./l.ts";
    export const enum M {}
    export default 3;
    export * from "./n.ts";`;
  assert.equal(readFacts(source).exportedNames.join(""), "ABCdefGHikLM");
});

Deno.test("the environment, workers and Atomics are found in code only", () => {
  const inCode = readFacts(
    'Deno.env.get("A"); new Worker(u); Atomics.load(a, 0);',
  );
  const inText = readFacts(
    '// Deno.env, new Worker, Atomics\nconst a = "Deno.env new Worker Atomics";',
  );
  for (const key of ["usesEnvironment", "startsWorkers", "usesAtomics"]) {
    assert.equal(inCode[key as keyof typeof inCode], true, key);
    assert.equal(inText[key as keyof typeof inText], false, key);
  }
});

for (
  const source of [
    'Deno["env"]',
    "Deno?.env",
    "const { env } = Deno;",
    "process.env.A",
    "globalThis.Deno.env",
  ]
) {
  Deno.test(`the environment is found in ${source}`, () => {
    assert.equal(readFacts(source).usesEnvironment, true);
  });
}

Deno.test("a worker is found behind globalThis", () => {
  assert.equal(readFacts("new globalThis.Worker(u)").startsWorkers, true);
  assert.equal(readFacts("new WorkerPool()").startsWorkers, false);
});

Deno.test("lines are counted without the last line break", () => {
  assert.equal(readFacts("a\nb\n").lineCount, 2);
});

Deno.test("a reason for length counts in the first ten lines only", () => {
  const reason = "// Long because: it is a table";
  assert.equal(readFacts(reason).saysWhyLong, true);
  assert.equal(readFacts("// Long because: ").saysWhyLong, false);
  assert.equal(readFacts("\n".repeat(10) + reason).saysWhyLong, false);
});

Deno.test("text that does not end is refused", () => {
  for (const source of ['"a', "'a\n'", "`a", "`${a}", "/* a"]) {
    assert.throws(() => readFacts(source), SyntaxError, source);
  }
});
