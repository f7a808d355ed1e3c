import type { NamedFinding } from "./diagnose.ts";
import { CHECK_NAMES } from "./options.ts";

const STATE_COLUMNS = "warning".length;
const CHECK_COLUMNS = Math.max(...CHECK_NAMES.map(({ length }) => length));

/** A finding as one line. */
export function describeFinding(finding: NamedFinding): string {
  const { state, check, what, todo } = finding;
  const head = `${state.padEnd(STATE_COLUMNS)}  ${check.padEnd(CHECK_COLUMNS)}`;
  return `${head}  ${what}${todo === undefined ? "" : ` → ${todo}`}`;
}

/** All findings as one line of numbers. */
export function describeSum(findings: readonly NamedFinding[]): string {
  const count = (wanted: NamedFinding["state"]) =>
    findings.filter(({ state }) => state === wanted).length;
  const plural = (number: number, word: string) =>
    `${number} ${word}${number === 1 ? "" : "s"}`;
  return `\n${count("ok")} ok, ${plural(count("warning"), "warning")}, ${
    plural(count("problem"), "problem")
  }`;
}
