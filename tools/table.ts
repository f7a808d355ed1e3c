/** Draws rows as a table with a ruled head. */
export function drawTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, column) =>
    Math.max(width(title), ...rows.map((row) => width(row[column] ?? "")))
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => pad(cell, widths[column])).join("  ").trimEnd();
  const rule = widths.map((w) => "─".repeat(w)).join("──");
  return [line(head), rule, ...rows.map(line)].join("\n");
}

function pad(cell: string, to: number): string {
  return cell + " ".repeat(to - width(cell));
}

/** Columns of a terminal that a text takes: Chinese characters take two. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u
          .test(character)
        ? 2
        : 1;
  }
  return columns;
}
