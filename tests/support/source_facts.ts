import { type SourceToken, tokenize } from "./source_tokens.ts";

/** What the architecture's rules want to know of one file. */
export interface SourceFacts {
  /** Specifiers of every import, export-from, `import()` and import type, once each. */
  readonly imports: readonly string[];
  /** Whether it has an `import()` whose specifier is computed. */
  readonly hasComputedImport: boolean;
  readonly exportedNames: readonly string[];
  readonly usesEnvironment: boolean;
  readonly startsWorkers: boolean;
  readonly usesAtomics: boolean;
  readonly lineCount: number;
  /** Whether one of its first ten lines says why it is long. */
  readonly saysWhyLong: boolean;
}

/** Reads a TypeScript file. Throws SyntaxError for text that does not end properly. */
export function readFacts(source: string): SourceFacts {
  const tokens = tokenize(source);
  const imports = new Set<string>();
  const exportedNames: string[] = [];
  let hasComputedImport = false;
  tokens.forEach((token, at) => {
    if (token.type !== "word" || textAt(tokens, at - 1) === ".") return;
    if (token.text === "export") exportedNames.push(...namesAt(tokens, at));
    if (token.text !== "import" && token.text !== "export") return;
    const specifier = specifierAt(tokens, at);
    if (specifier !== undefined) imports.add(specifier);
    else if (isCall(tokens, at)) hasComputedImport = true;
  });
  const lines = source.replace(/\n$/, "").split("\n");
  return {
    imports: [...imports],
    hasComputedImport,
    exportedNames,
    usesEnvironment: usesEnvironment(tokens),
    startsWorkers: startsWorkers(tokens),
    usesAtomics: tokens.some((token) => isWord(token, "Atomics")),
    lineCount: lines.length,
    saysWhyLong: lines.slice(0, 10).some((line) =>
      /\/\/ Long because: \S/.test(line)
    ),
  };
}

function specifierAt(tokens: SourceToken[], at: number): string | undefined {
  const first = tokens[at + 1];
  if (first?.type === "string") {
    return isWord(tokens[at], "import") ? first.text : undefined;
  }
  if (isCall(tokens, at)) {
    const closes = [")", ","].includes(textAt(tokens, at + 3));
    const argument = tokens[at + 2];
    return argument?.type === "string" && closes ? argument.text : undefined;
  }
  for (let next = at + 1; next < tokens.length; next++) {
    const token = tokens[next];
    if (isWord(token, "from") && tokens[next + 1]?.type === "string") {
      return tokens[next + 1].text;
    }
    // Anything else cannot stand between the keyword and `from`.
    if (token.type === "sign" && !"{},*".includes(token.text)) return;
    if (token.type === "string" && !isRenamed(tokens, next)) return;
    if (next > at + 1 && isStatement(token)) return;
  }
}

function isCall(tokens: SourceToken[], at: number): boolean {
  return isWord(tokens[at], "import") && textAt(tokens, at + 1) === "(";
}

/** `import { "a name" as name }` has strings before the one that counts. */
function isRenamed(tokens: SourceToken[], at: number): boolean {
  return ["{", ",", "as"].includes(textAt(tokens, at - 1));
}

function isStatement(token: SourceToken): boolean {
  return token.type === "word" && (token.text === "import" ||
    token.text === "export");
}

const DECLARES = new Set(
  "class function const let var interface type enum namespace".split(" "),
);
const MODIFIES = new Set(
  "default declare abstract async type * const".split(" "),
);

function namesAt(tokens: SourceToken[], at: number): string[] {
  let next = at + 1;
  if (textAt(tokens, next) === "type" && textAt(tokens, next + 1) === "{") {
    next++;
  }
  if (textAt(tokens, next) === "{") return listedNames(tokens, next + 1);
  let declared = false;
  for (; next < tokens.length; next++) {
    const { type, text } = tokens[next];
    if (DECLARES.has(text)) declared = true;
    else if (!MODIFIES.has(text)) {
      return declared && type === "word" ? [text] : [];
    }
  }
  return [];
}

function listedNames(tokens: SourceToken[], at: number): string[] {
  const names: string[] = [];
  for (let next = at; next < tokens.length; next++) {
    if (textAt(tokens, next) === "}") break;
    const isLast = [",", "}"].includes(textAt(tokens, next + 1));
    if (tokens[next].type !== "sign" && isLast) names.push(tokens[next].text);
  }
  return names;
}

function usesEnvironment(tokens: SourceToken[]): boolean {
  return tokens.some((token, at) => {
    if (isWord(token, "Deno") || isWord(token, "process")) {
      const access = textAt(tokens, at + 1);
      const property = textAt(tokens, at + 2) === "."
        ? textAt(tokens, at + 3) // optional chaining: ?.
        : textAt(tokens, at + 2);
      if ([".", "[", "?"].includes(access)) return property === "env";
      // Taking it apart hides what is used of it.
      return textAt(tokens, at - 1) === "=" &&
        textAt(tokens, at - 2) === "}";
    }
    return false;
  });
}

function startsWorkers(tokens: SourceToken[]): boolean {
  return tokens.some((token, at) => {
    if (!isWord(token, "new")) return false;
    const dotted = textAt(tokens, at + 2) === ".";
    return textAt(tokens, dotted ? at + 3 : at + 1) === "Worker";
  });
}

function textAt(tokens: SourceToken[], at: number): string {
  return tokens[at]?.text ?? "";
}

function isWord(token: SourceToken, text: string): boolean {
  return token.type === "word" && token.text === text;
}
