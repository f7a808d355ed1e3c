import type { Config } from "../../../src/config/config.ts";
import type { Finding } from "../../../tools/doctor/finding.ts";
import { readOptions } from "../../../tools/doctor/options.ts";
import type { Patient } from "../../../tools/doctor/patient.ts";
import { KEY, load } from "../../support/config_sources.ts";

/** A patient with these settings and this command line. */
export function patient(
  environment: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Patient & { readonly config: Config } {
  const all = { ...KEY, ...environment };
  return {
    options: readOptions([...args])!,
    environment: all,
    config: load(all, files),
    startFlags: [],
  };
}

/** A signal that nobody aborts. */
export function forever(): AbortSignal {
  return new AbortController().signal;
}

/** Findings as lines that a pattern can be held against. */
export function linesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ state, what, todo }) =>
    `${state}: ${what}${todo === undefined ? "" : ` → ${todo}`}`
  );
}
