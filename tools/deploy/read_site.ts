import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { ConfigurationError } from "../../src/errors.ts";
import { SITE, type Site } from "./site.ts";

type Path = readonly PropertyKey[];
type Issue = {
  readonly code?: string;
  readonly path: Path;
  readonly message: string;
  readonly keys?: readonly string[];
  readonly issues?: ReadonlyArray<{ readonly message: string }>;
};

/** Where a mistake is, and what must be there. */
interface Mistake {
  readonly path: Path;
  readonly what: string;
  /** Whether the value may be repeated; a stray one may be a secret. */
  readonly isQuoted?: boolean;
}

/** Secrets are written here by mistake: their values are never repeated. */
const UNQUOTED = /^(secrets|redis|freeswitch)$/;

/**
 * Reads the text of a site file. Throws ConfigurationError with every mistake,
 * one line each: file, line, field, and what must stand there.
 */
export function readSite(text: string, file: string): Site {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      document.errors.map(({ pos, message }) =>
        `${file}:${lines.linePos(pos[0]).line}: ${
          message.split("\n")[0].replace(/:$/, "")
        }`
      ),
    );
  }
  const raw = toPlain(document, file);
  const parsed = SITE.safeParse(raw ?? {});
  const mistakes = [
    ...(parsed.success
      ? []
      : (parsed.error.issues as Issue[]).flatMap(describe)),
    ...findClashes(raw),
  ];
  if (parsed.success && mistakes.length === 0) return parsed.data;
  const placed = mistakes.map((mistake) => ({
    ...mistake,
    line: lineOf(document, mistake.path, lines),
  })).toSorted((a, b) => a.line - b.line);
  throw new ConfigurationError(placed.map(({ path, what, line, isQuoted }) => {
    const got = isQuoted === false ? "" : quote(raw, path);
    return `${file}:${line}: ${nameOf(path)} ${what}${got}`;
  }));
}

function toPlain(document: Document, file: string): unknown {
  try {
    // A few lines of aliases can otherwise stand for gigabytes.
    return document.toJS({ maxAliasCount: 50 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError([`${file}: ${why}`], { cause });
  }
}

function describe(issue: Issue): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    return (issue.keys ?? []).map((key) => ({
      path: [...issue.path, key],
      what: "is no field of a site; deploy/site.example.yaml has all",
      isQuoted: false,
    }));
  }
  if (issue.code === "invalid_key") {
    const what = issue.issues?.[0]?.message ?? issue.message;
    return [{ path: issue.path, what, isQuoted: false }];
  }
  return [{ path: issue.path, what: issue.message }];
}

/** What must be there once only; looks at the raw values, since others may be wrong too. */
function findClashes(raw: unknown): Mistake[] {
  return [
    ...findTwice(raw, "nodes", (node) => node.name),
    ...findTwice(raw, "freeswitch", (each) => each.name),
    ...findTwice(raw, "trunks", (trunk) => trunk.number),
    ...findPortClashes(raw),
  ];
}

function findTwice(
  raw: unknown,
  list: string,
  read: (item: Record<string, unknown>) => unknown,
): Mistake[] {
  const seen = new Set<unknown>();
  return itemsOf(raw, list).flatMap((item, index) => {
    const value = read(item);
    if (value === undefined || !seen.has(value)) {
      seen.add(value);
      return [];
    }
    const field = list === "trunks" ? "number" : "name";
    return [{ path: [list, index, field], what: "must be there once only" }];
  });
}

function findPortClashes(raw: unknown): Mistake[] {
  const taken = new Set<string>();
  return itemsOf(raw, "nodes").flatMap((node, index) =>
    ["httpPort", "eslPort", "gatewayPort"].flatMap((field) => {
      const key = `${node.host}:${node[field]}`;
      if (node[field] === undefined || !taken.has(key)) {
        taken.add(key);
        return [];
      }
      const what = "must differ from every other port on that host";
      return [{ path: ["nodes", index, field], what }];
    })
  );
}

function itemsOf(raw: unknown, list: string): Record<string, unknown>[] {
  const items = (raw as Record<string, unknown> | null)?.[list];
  if (!Array.isArray(items)) return [];
  return items.map((item) =>
    typeof item === "object" && item !== null ? item : {}
  );
}

/** The line of the nearest thing that exists; 1 when nothing does. */
function lineOf(document: Document, path: Path, lines: LineCounter): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function nameOf(path: Path): string {
  const text = path.map((part) =>
    typeof part === "number" ? `[${part}]` : `.${String(part)}`
  ).join("").replace(/^\./, "");
  return text === "" ? "the file" : text;
}

function quote(raw: unknown, path: Path): string {
  if (UNQUOTED.test(String(path[0]))) return "";
  let value = raw;
  for (const part of path) {
    value = (value as Record<PropertyKey, unknown> | undefined)?.[part];
  }
  if (value === undefined) return "";
  return `, got ${(JSON.stringify(value) ?? "").slice(0, 80)}`;
}
