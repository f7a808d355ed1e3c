import { createTwoFilesPatch } from "diff";
import type { Files } from "./target.ts";

/** The difference between what stands and what would, as a unified diff; a sentence when there is none. */
export function describeChanges(old: Files | undefined, next: Files): string {
  const paths = new Set([...old?.keys() ?? [], ...next.keys()]);
  const parts = [...paths].toSorted().flatMap((path) => {
    const before = old?.get(path);
    const after = next.get(path);
    if (before === after) return [];
    return createTwoFilesPatch(
      before === undefined ? "/dev/null" : path,
      after === undefined ? "/dev/null" : path,
      before ?? "",
      after ?? "",
    );
  });
  return parts.length === 0 ? "Nothing would change." : parts.join("");
}
