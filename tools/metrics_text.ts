/** Sums the samples of one metric in Prometheus text, over all its labels or those that contain `labels`. */
export function sumMetric(text: string, name: string, labels = ""): number {
  let sum = 0;
  for (const line of text.split("\n")) {
    if (!line.startsWith(name)) continue;
    const after = line[name.length];
    if (after !== " " && after !== "{") continue;
    if (!line.includes(labels)) continue;
    sum += Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return sum;
}
