const HEADER_BYTES = 44;
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/** Mono speech as a WAV file carries it. */
export interface WavAudio {
  readonly samples: Int16Array<ArrayBuffer>;
  readonly rateHz: number;
}

/**
 * Reads a RIFF/WAVE file of 16-bit mono PCM. Any thread. Throws TypeError,
 * saying what it found, for anything else and for a file cut short.
 */
export function readWav(bytes: Uint8Array): WavAudio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (
    bytes.length < 12 || tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE"
  ) {
    throw new TypeError("Cannot read WAV: no RIFF/WAVE header");
  }
  const format = chunk(view, "fmt ");
  if (format === undefined || format.lengthBytes < 16) {
    throw new TypeError("Cannot read WAV: no fmt chunk");
  }
  const rateHz = checkFormat(view, format);
  const data = chunk(view, "data");
  if (data === undefined) throw new TypeError("Cannot read WAV: no data chunk");
  const samples = new Int16Array(data.lengthBytes >> 1);
  for (let index = 0; index < samples.length; index++) {
    samples[index] = view.getInt16(data.offset + 2 * index, true);
  }
  return { samples, rateHz };
}

/**
 * Makes a WAV file of 16-bit mono PCM. Any thread. Throws RangeError when the
 * rate is no positive whole number of hertz.
 */
export function writeWav(
  samples: Int16Array,
  rateHz: number,
): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(rateHz) || rateHz < 1 || rateHz > 0x7fff_ffff) {
    throw new RangeError(
      `Cannot write WAV: rateHz must be a positive integer, got ${rateHz}`,
    );
  }
  const lengthBytes = 2 * samples.length;
  const bytes = new Uint8Array(HEADER_BYTES + lengthBytes);
  const view = new DataView(bytes.buffer);
  putTag(view, 0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + lengthBytes, true);
  putTag(view, 8, "WAVE");
  putTag(view, 12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, 2 * rateHz, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  putTag(view, 36, "data");
  view.setUint32(40, lengthBytes, true);
  for (let index = 0; index < samples.length; index++) {
    view.setInt16(HEADER_BYTES + 2 * index, samples[index], true);
  }
  return bytes;
}

interface Chunk {
  readonly offset: number;
  readonly lengthBytes: number;
}

function chunk(view: DataView, name: string): Chunk | undefined {
  // Chunks are padded to an even length (RIFF).
  for (let at = 12; at + 8 <= view.byteLength;) {
    const lengthBytes = view.getUint32(at + 4, true);
    const found = tag(view, at) === name;
    if (found && at + 8 + lengthBytes > view.byteLength) {
      throw new TypeError(
        `Cannot read WAV: chunk "${name}" must have ${lengthBytes} bytes, got ${
          view.byteLength - at - 8
        }`,
      );
    }
    if (found) return { offset: at + 8, lengthBytes };
    at += 8 + lengthBytes + (lengthBytes & 1);
  }
  return undefined;
}

/** Returns the rate in hertz. */
function checkFormat(view: DataView, { offset, lengthBytes }: Chunk): number {
  let code = view.getUint16(offset, true);
  // An extensible header keeps the real code in the first bytes of its GUID.
  if (code === EXTENSIBLE && lengthBytes >= 26) {
    code = view.getUint16(offset + 24, true);
  }
  const channels = view.getUint16(offset + 2, true);
  const rateHz = view.getUint32(offset + 4, true);
  const bits = view.getUint16(offset + 14, true);
  if (code !== PCM || channels !== 1 || bits !== 16 || rateHz === 0) {
    throw new TypeError(
      "Cannot read WAV: audio must be 16-bit mono PCM, got " +
        `format ${code}, ${channels} channel(s), ${bits} bits, ${rateHz} Hz`,
    );
  }
  return rateHz;
}

function tag(view: DataView, offset: number): string {
  let text = "";
  for (let index = 0; index < 4; index++) {
    text += String.fromCharCode(view.getUint8(offset + index));
  }
  return text;
}

function putTag(view: DataView, offset: number, text: string) {
  for (let index = 0; index < 4; index++) {
    view.setUint8(offset + index, text.charCodeAt(index));
  }
}
