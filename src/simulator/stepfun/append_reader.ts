const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const HEAD = ENCODER.encode('{"type":"input_audio_buffer.append","audio":"');
const TAIL = ENCODER.encode('"}');
const BASE64 = { lastChunkHandling: "strict" } as const;
const EQUALS = 61;
const FIRST_CAPACITY_BYTES = 8192;

/**
 * Reads the audio of the one message that comes a thousand times more often
 * than all others, without parsing it, where it stands in its plainest form. Any thread.
 */
export class AppendReader {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #samples = new Int16Array(0);

  /**
   * The samples of a whole message, valid until the next; undefined when it is
   * another message, or is not as plain as that, or is not right, which are to
   * be told apart by parsing it.
   */
  read(message: Uint8Array): Int16Array | undefined {
    const end = message.length - TAIL.length;
    if (end < HEAD.length || !standsAt(message, 0, HEAD)) return undefined;
    if (!standsAt(message, end, TAIL)) return undefined;
    const audio = message.subarray(HEAD.length, end);
    const lengthBytes = decodedLength(audio);
    if (lengthBytes % 2 !== 0) return undefined;
    if (lengthBytes > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * lengthBytes);
      this.#samples = new Int16Array(0);
    }
    if (!this.#decode(audio, lengthBytes)) return undefined;
    if (this.#samples.length !== lengthBytes / 2) {
      this.#samples = new Int16Array(this.#bytes.buffer, 0, lengthBytes / 2);
    }
    return this.#samples;
  }

  #decode(audio: Uint8Array, lengthBytes: number): boolean {
    try {
      const text = DECODER.decode(audio);
      const { written } = this.#bytes.setFromBase64(text, BASE64);
      // Base64 may hold white space, which JSON text may not.
      return written === lengthBytes;
    } catch {
      return false;
    }
  }
}

function decodedLength(base64: Uint8Array): number {
  const { length } = base64;
  let padding = 0;
  while (padding < length && base64[length - 1 - padding] === EQUALS) padding++;
  return length / 4 * 3 - padding;
}

function standsAt(bytes: Uint8Array, at: number, what: Uint8Array): boolean {
  for (let i = 0; i < what.length; i++) {
    if (bytes[at + i] !== what[i]) return false;
  }
  return true;
}
