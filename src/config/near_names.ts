/** Prefixes that no other program's variables have. */
const OURS = /^(STEPFUN|ESL|VAPI)_/;
/** Kubernetes adds such variables for every service; they are nobody's mistake. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT)|PORT)(_|$)/;
/** Names of the deployment plan that nobody else has, and ours in their place. */
const PLANNED: Readonly<Record<string, string>> = {
  STEPFUN_WS_URL: "STEPFUN_URL",
};
/** Letters by which a misspelt name may differ; in a short one fewer, or LOG_DIR would be meant for LOG_PII. */
const MOST_DIFFERENT = 2;
const MOST_DIFFERENT_SHORT = 1;
/** A name with fewer letters is short. */
const LONG_NAME = 8;

/**
 * Finds variables that look like ours and are not, as a misspelling does, or
 * that the deployment plan has under another name. Returns one line each.
 */
export function findNearNames(
  environment: Record<string, string | undefined>,
  known: readonly string[],
): string[] {
  const problems: string[] = [];
  for (const name of Object.keys(environment)) {
    if (known.includes(name)) continue;
    const ours = PLANNED[name];
    if (ours !== undefined) {
      problems.push(
        `${name} is the deployment plan's name; set ${ours} instead`,
      );
      continue;
    }
    const near = known.find((each) => isNear(name, each));
    if (near !== undefined) {
      problems.push(`${name} is unknown; did you mean ${near}?`);
    } else if (OURS.test(name) && !SERVICE_LINK.test(name)) {
      problems.push(`${name} is unknown; docs/configuration.md lists all`);
    }
  }
  return problems;
}

function isNear(name: string, known: string): boolean {
  const most = known.length < LONG_NAME ? MOST_DIFFERENT_SHORT : MOST_DIFFERENT;
  if (Math.abs(name.length - known.length) > most) return false;
  return editDistance(name.toUpperCase(), known) <= most;
}

/** Letters to add, drop or change (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
