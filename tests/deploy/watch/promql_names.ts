/** Words of PromQL that are neither functions nor metrics. */
const WORDS = new Set(
  "and or unless offset bool inf nan".split(" "),
);

/**
 * The names of the metrics in a PromQL expression, in order and each once. It
 * knows what our rules and dashboards use of PromQL, not all of it. Any thread.
 */
export function promqlNames(expression: string): string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "")
    .replace(/\{[^}]*\}/g, " ")
    .replace(/\[[^\]]*\]/g, " ")
    .replace(
      /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g,
      " ",
    )
    .replace(/\b\d+(?:\.\d+)?(?:[smhdwy]|ms)?\b/g, " ");
  const names = new Set<string>();
  for (const { 0: word, index } of bare.matchAll(/[a-zA-Z_:][\w:]*/g)) {
    const isFunction = /^\s*\(/.test(bare.slice(index + word.length));
    const isAggregation = /^(?:sum|min|max|avg|count|topk)$/.test(word);
    if (isFunction || isAggregation || WORDS.has(word)) continue;
    names.add(word);
  }
  return [...names];
}
