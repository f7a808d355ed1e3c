/** Tables of G.711, for native_cost.ts; the server has no use for them. */
export interface G711 {
  /** Linear samples by code. */
  readonly decoded: Int16Array;
  /** Codes by linear sample, taken as an unsigned number. */
  readonly encoded: Uint8Array;
}

/** The A-law of ITU-T G.711, as European and Chinese trunks have it. */
export function alaw(): G711 {
  const decoded = Int16Array.from({ length: 256 }, (_, code) => decode(code));
  return { decoded, encoded: invert(decoded) };
}

function decode(code: number): number {
  const bits = code ^ 0x55;
  const exponent = bits >> 4 & 7;
  const mantissa = (bits & 15) << 4 | 8;
  const size = exponent === 0 ? mantissa : (mantissa | 0x100) << (exponent - 1);
  return (bits & 0x80) === 0 ? -size : size;
}

/** The nearest code for each sample. */
function invert(decoded: Int16Array): Uint8Array {
  const codes = Array.from(decoded.keys())
    .sort((a, b) => decoded[a] - decoded[b]);
  const encoded = new Uint8Array(65_536);
  let at = 0;
  for (let sample = -32_768; sample < 32_768; sample++) {
    while (
      at < 255 && isNearer(sample, decoded[codes[at + 1]], decoded[codes[at]])
    ) {
      at++;
    }
    encoded[sample & 0xffff] = codes[at];
  }
  return encoded;
}

function isNearer(sample: number, a: number, b: number): boolean {
  return Math.abs(sample - a) < Math.abs(sample - b);
}
