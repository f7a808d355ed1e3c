import { ProtocolError } from "../../errors.ts";
import { concatenate } from "./concatenate.ts";
import type { ClientFrame } from "./frame_reader.ts";

const NOTHING = new Uint8Array(0);

/** Joins the frames of a client's messages (RFC 6455, section 5.4). Any thread. */
export class Fragments {
  readonly #maxMessageBytes: number;
  #begun: { text: boolean; parts: Uint8Array[]; bytes: number } | undefined;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * The message that ends with a frame: a text's bytes, none for a binary one;
   * undefined when it goes on. Throws ProtocolError.
   */
  join({ opcode, final, payload }: ClientFrame): Uint8Array | undefined {
    if ((opcode === 0) !== (this.#begun !== undefined)) {
      throw new ProtocolError("Cannot read a message: fragments out of order");
    }
    if (final && opcode !== 0) return opcode === 1 ? payload : NOTHING;
    this.#begun ??= { text: opcode === 1, parts: [], bytes: 0 };
    const { text, parts } = this.#begun;
    this.#begun.bytes += payload.length;
    if (this.#begun.bytes > this.#maxMessageBytes) {
      throw new ProtocolError("Cannot read a message: too long");
    }
    parts.push(payload.slice());
    if (!final) return undefined;
    this.#begun = undefined;
    return text ? concatenate(parts) : NOTHING;
  }
}
