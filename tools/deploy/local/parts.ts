import { findProgram } from "../find_program.ts";
import type { Site } from "../site.ts";
import type { Problem } from "../target.ts";

/** Programs beside the nodes, and the Debian package that has each. */
const PROGRAMS = {
  redis: { program: "redis-server", debianPackage: "redis-server" },
  nginx: { program: "nginx", debianPackage: "nginx-light" },
  prometheus: { program: "prometheus", debianPackage: "prometheus" },
  alertmanager: {
    program: "prometheus-alertmanager",
    debianPackage: "prometheus-alertmanager",
  },
} as const;

/** A process beside the nodes. */
export type PartName = keyof typeof PROGRAMS;

/** The parts that a site and `--only` want. */
export function partsOf(
  site: Site,
  only: ReadonlySet<string> | undefined,
): PartName[] {
  const all = Object.keys(PROGRAMS) as PartName[];
  return all.filter((part) =>
    (only?.has(part) ?? true) &&
    (part !== "redis" || site.redis.mode === "managed")
  );
}

/** The program of each part; one that is not installed is a problem. */
export async function findParts(
  parts: readonly PartName[],
  find = findProgram,
): Promise<{ paths: Map<PartName, string>; problems: Problem[] }> {
  const paths = new Map<PartName, string>();
  const problems: Problem[] = [];
  for (const part of parts) {
    const { program, debianPackage } = PROGRAMS[part];
    const path = await find(program);
    if (path) paths.set(part, path);
    else {
      problems.push({
        what: `${program} is not installed`,
        cure:
          `apt-get install ${debianPackage}, or go without it: --only nodes,… (--only nodes,redis is the least for calls that survive their node)`,
      });
    }
  }
  return { paths, problems };
}
