/** What a transcript may write in another way without being wrong. */
const NOT_SPOKEN = /[\p{P}\p{S}\p{Z}\s]/gu;
/** A model that says much more than was spoken is not compared to its end. */
const LONGEST = 2000;

/**
 * How much of what was said is wrong in a transcript: characters to add, drop
 * or change, by the number that were said; 0 when all is right, above 1 when
 * more was written than said. Punctuation and spaces do not count.
 */
export function characterErrorRate(said: string, written: string): number {
  const a = letters(said);
  const b = letters(written);
  if (a.length === 0) return b.length === 0 ? 0 : 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length] / a.length;
}

function letters(text: string): string[] {
  const plain = text.normalize("NFKC").replace(NOT_SPOKEN, "").toLowerCase();
  return [...plain].slice(0, LONGEST);
}
