import { ProtocolError } from "../errors.ts";
import type { ServerFrame } from "./web_socket_reader.ts";

/** A message: its opcode is 1 for text and 2 for bytes. */
export interface WholeMessage {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** What a part of a message costs besides its payload: empty ones cost memory, too. */
const PART_BYTES = 256;

/** Puts the fragments of messages together (RFC 6455, section 5.4); nearly all come in one. Any thread. */
export class MessageParts {
  readonly #mostBytes: number;
  #parts: Uint8Array[] = [];
  #opcode = 0;
  #bytes = 0;

  /** `mostBytes` is the longest message. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /**
   * Takes a frame that is no control frame; gives the message that it completes,
   * whose payload stands as long as the frame's. Throws ProtocolError for a
   * fragment out of order and for a message that is too long.
   */
  add({ opcode, final, payload }: ServerFrame): WholeMessage | undefined {
    const begun = this.#opcode !== 0;
    if (begun !== (opcode === 0)) {
      throw new ProtocolError("a fragment came out of its order");
    }
    if (!begun && final) return { opcode, payload };
    this.#opcode ||= opcode;
    this.#bytes += payload.length + PART_BYTES;
    if (this.#bytes > this.#mostBytes) {
      throw new ProtocolError("a message is too long");
    }
    this.#parts.push(payload.slice());
    if (!final) return undefined;
    const whole = { opcode: this.#opcode, payload: join(this.#parts) };
    this.#parts = [];
    this.#opcode = this.#bytes = 0;
    return whole;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
