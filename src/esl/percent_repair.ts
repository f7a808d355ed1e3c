/**
 * Makes a percent-encoded text safe for `decodeURIComponent`, in place and
 * without a change of length: an escape that is not part of valid UTF-8 (a
 * caller's display name may be Latin-1, `caf%E9`) becomes U+FFFD, whose three
 * bytes take the place of the three of the escape, and a percent sign that
 * begins no escape becomes a question mark. What is encoded correctly stays.
 * Any thread. Returns how many places were repaired.
 */
export function repairPercent(text: Uint8Array): number {
  let repaired = 0;
  for (
    let at = text.indexOf(PERCENT);
    at !== -1;
    at = text.indexOf(PERCENT, at)
  ) {
    const lead = escapedByte(text, at);
    if (lead === -1) {
      text[at++] = QUESTION;
      repaired++;
      continue;
    }
    const escapes = sequenceLength(text, at, lead);
    if (escapes === 0) {
      text.set(REPLACEMENT, at);
      repaired++;
    }
    at += 3 * Math.max(escapes, 1);
  }
  return repaired;
}

/** How many escapes at `at` make one character of UTF-8 (RFC 3629, table in section 4); 0 when they make none. */
function sequenceLength(text: Uint8Array, at: number, lead: number): number {
  if (lead < 0x80) return 1;
  const length = lead >= 0xc2 && lead <= 0xdf
    ? 2
    : lead >= 0xe0 && lead <= 0xef
    ? 3
    : lead >= 0xf0 && lead <= 0xf4
    ? 4
    : 0;
  for (let n = 1; n < length; n++) {
    const byte = escapedByte(text, at + 3 * n);
    const low = n > 1 ? 0x80 : SECOND_LOW[lead] ?? 0x80;
    const high = n > 1 ? 0xbf : SECOND_HIGH[lead] ?? 0xbf;
    if (byte < low || byte > high) return 0;
  }
  return length;
}

/** The byte that the escape at `at` stands for, -1 when there is none. */
function escapedByte(text: Uint8Array, at: number): number {
  if (text[at] !== PERCENT || at + 2 >= text.length) return -1;
  const high = hexDigit(text[at + 1]);
  const low = hexDigit(text[at + 2]);
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const upper = code & ~0x20;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : -1;
}

const PERCENT = 0x25;
const QUESTION = 0x3f;
const REPLACEMENT = [0xef, 0xbf, 0xbd];
/** Overlong forms and surrogates are kept out by narrower second bytes. */
const SECOND_LOW: Readonly<Record<number, number>> = { 0xe0: 0xa0, 0xf0: 0x90 };
const SECOND_HIGH: Readonly<Record<number, number>> = {
  0xed: 0x9f,
  0xf4: 0x8f,
};
