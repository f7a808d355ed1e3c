/** How many of the 256 values of a UUID's last two hexadecimal digits a percentage is. */
export function canaryShare(percent: number): number {
  return Math.round(percent * 256 / 100);
}

/**
 * A regular expression that fits two hexadecimal digits below `share`, 0 to 256;
 * `none` for 0. The rule is the one of freeswitch/README.md, section Canary.
 */
export function canaryPattern(share: number): string {
  const [high, low] = [share >> 4, share & 15];
  const parts = [
    high > 0 ? `${upTo(high - 1)}.` : "",
    low > 0 ? `${high.toString(16)}${upTo(low - 1)}` : "",
  ];
  return parts.filter((part) => part !== "").join("|") || "none";
}

function upTo(digit: number): string {
  return digit <= 9 ? `[0-${digit}]` : `[0-9a-${digit.toString(16)}]`;
}
