import { dirname, join, normalize } from "node:path/posix";
import { readFacts, type SourceFacts } from "./source_facts.ts";

/** Sources by their path from the repository's root, e.g. `src/errors.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

/** What the rules know besides the sources. */
export interface ArchitectureOptions {
  /** Names in the import map; other packages are refused. */
  readonly packages: readonly string[];
}

type Graph = ReadonlyMap<string, readonly string[]>;

/** Who may import whom, as docs/architecture.md says; a folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/errors.ts": [],
  "src/config/": ["src/errors.ts"],
  "src/audio/": ["src/errors.ts"],
  "src/ring/": ["src/errors.ts"],
  "src/telemetry/": ["src/errors.ts"],
  "src/net/": ["src/errors.ts"],
  "src/esl/": ["src/errors.ts", "src/telemetry/", "src/router/call_control.ts"],
  "src/store/": ["src/errors.ts", "src/telemetry/"],
  "src/media/": [
    "src/errors.ts",
    "src/telemetry/",
    "src/ring/",
    "src/net/",
    "src/router/audio_leg.ts",
  ],
  "src/router/": [
    "src/errors.ts",
    "src/telemetry/",
    "src/ring/",
    "src/store/",
    "src/shard/protocol.ts",
  ],
  "src/shard/": ["src/errors.ts", "src/telemetry/", "src/ring/", "src/audio/"],
  "src/model/": [
    "src/errors.ts",
    "src/telemetry/",
    "src/audio/",
    "src/net/",
    "src/shard/speech_model.ts",
  ],
  "src/functions/": [
    "src/errors.ts",
    "src/telemetry/",
    "src/router/call_functions.ts",
  ],
  "src/http/": [
    "src/errors.ts",
    "src/config/transfer_number.ts",
    "src/telemetry/",
    "src/router/",
    "src/store/",
    "src/media/",
  ],
  "src/simulator/": [
    "src/errors.ts",
    "src/telemetry/",
    "src/audio/",
    "src/net/",
  ],
  "tools/": [
    "src/simulator/",
    "src/audio/",
    "src/errors.ts",
    "src/telemetry/",
    "src/config/",
    "src/net/",
  ],
  // What the two roots must not reach is a rule over the whole graph.
  "main.ts": ["src/"],
  "workers/": ["src/"],
};

/** What an entry point never reaches, over however many files. */
const NEVER_REACHES: Readonly<
  Record<string, { never: readonly string[]; but: readonly string[] }>
> = {
  "main.ts": {
    never: ["src/model/", "src/audio/", "src/shard/", "src/simulator/"],
    but: ["src/shard/protocol.ts", "src/shard/speech_model.ts"],
  },
  "workers/shard_worker.ts": {
    never: [
      "src/esl/",
      "src/media/",
      "src/router/",
      "src/store/",
      "src/http/",
      "src/simulator/",
    ],
    but: [],
  },
  "workers/media_worker.ts": {
    never: [
      "src/esl/",
      "src/router/",
      "src/shard/",
      "src/model/",
      "src/audio/",
      "src/store/",
      "src/http/",
      "src/simulator/",
    ],
    but: ["src/router/audio_leg.ts"],
  },
};

/** Packages that one folder keeps to itself. */
const KEPT_BY: Readonly<Record<string, readonly string[]>> = {
  "modesl": ["src/esl/"],
  "hono": ["src/http/"],
  "ws": ["src/http/", "tools/"],
  "ioredis": ["src/store/", "tools/"],
  "@alexanderolsen/libsamplerate-js": ["src/audio/"],
};

const ENVIRONMENT_READERS = ["main.ts", "workers/shard_worker.ts", "tools/"];
const WORKER_STARTERS = ["src/router/", "src/media/media_thread.ts"];
const ATOMICS_USERS = ["src/ring/", "src/telemetry/"];
const MOST_LINES = 250;
const EMPTY_NAME = /(?:Manager|Helper|Util|Impl|Handler)s?$/;
const EMPTY_FILE_NAME = /(?:^|[_/])(?:manager|helper|util|impl|handler)s?\.ts$/;

/**
 * Every breach of the architecture's rules, one readable line each; empty when
 * there is none. Throws SyntaxError for a source that cannot be read.
 */
export function findBreaches(
  tree: SourceTree,
  options: ArchitectureOptions,
): string[] {
  const breaches: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of tree) {
    const owner = Object.keys(MAY_IMPORT).find((key) => isIn(path, [key]));
    if (owner === undefined) {
      breaches.push(`${path} stands in no folder of the table`);
      continue;
    }
    const facts = readFacts(source);
    const targets: string[] = [];
    for (const specifier of facts.imports) {
      const found = specifier.startsWith(".")
        ? checkFile({ path, owner, specifier, tree, targets })
        : checkPackage(path, specifier, options.packages);
      if (found) breaches.push(found);
    }
    graph.set(path, targets);
    breaches.push(...checkFacts(path, facts));
  }
  return [...breaches, ...checkReach(graph), ...checkCycles(graph)];
}

function checkFile(
  { path, owner, specifier, tree, targets }: {
    path: string;
    owner: string;
    specifier: string;
    tree: SourceTree;
    targets: string[];
  },
): string | undefined {
  const target = normalize(join(dirname(path), specifier));
  if (!tree.has(target)) {
    return `${path} imports ${target}, which does not exist`;
  }
  targets.push(target);
  return isIn(target, [owner, ...MAY_IMPORT[owner]])
    ? undefined
    : `${path} must not import ${target}`;
}

function checkPackage(
  path: string,
  specifier: string,
  packages: readonly string[],
): string | undefined {
  if (specifier.startsWith("node:")) return;
  const name = packages.find((name) => isIn(specifier, [name, `${name}/`]));
  if (name === undefined) {
    return `${path} imports ${specifier}, which deno.json does not name`;
  }
  const keepers = KEPT_BY[name];
  if (keepers && !isIn(path, keepers)) {
    return `${path} must not import ${name}: ${keepers} keeps it to itself`;
  }
}

function checkFacts(path: string, facts: SourceFacts): string[] {
  const breaches: string[] = [];
  const forbid = (is: boolean, what: string, allowed: readonly string[]) => {
    if (is && !isIn(path, allowed)) breaches.push(`${path} must not ${what}`);
  };
  forbid(facts.hasComputedImport, "compute what it imports", []);
  forbid(facts.usesEnvironment, "read the environment", ENVIRONMENT_READERS);
  forbid(facts.startsWorkers, "start a worker", WORKER_STARTERS);
  forbid(facts.usesAtomics, "use Atomics", ATOMICS_USERS);
  const isLong = facts.lineCount > MOST_LINES && !facts.saysWhyLong;
  forbid(isLong, `have ${facts.lineCount} lines without saying why`, []);
  for (const name of facts.exportedNames) {
    forbid(EMPTY_NAME.test(name), `export a name like ${name}`, []);
  }
  forbid(EMPTY_FILE_NAME.test(path), "be called that", []);
  return breaches;
}

function checkReach(graph: Graph): string[] {
  const breaches: string[] = [];
  for (const [root, { never, but }] of Object.entries(NEVER_REACHES)) {
    for (const [path, way] of waysFrom(root, graph)) {
      if (isIn(path, never) && !isIn(path, but)) {
        breaches.push(`${root} must not reach ${path}: ${way.join(" → ")}`);
      }
    }
  }
  return breaches;
}

/** The shortest way to each file that is reached. */
function waysFrom(root: string, graph: Graph): Map<string, string[]> {
  const ways = new Map([[root, [root]]]);
  for (const [path, way] of ways) {
    for (const next of graph.get(path) ?? []) {
      if (!ways.has(next)) ways.set(next, [...way, next]);
    }
  }
  return ways;
}

function checkCycles(graph: Graph): string[] {
  const breaches: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) {
      const cycle = [...way.slice(way.indexOf(path)), path];
      breaches.push(`imports go round: ${cycle.join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return breaches;
}

/** Whether a path is one of these files or under one of these folders. */
function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) =>
    place.endsWith("/") ? path.startsWith(place) : path === place
  );
}
