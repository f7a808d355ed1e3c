import type { Source } from "./datagram_socket.ts";
import { portOf } from "./ipv4_address.ts";

/** A source with its address as the system writes it. */
export class PolledSource implements Source {
  readonly address: Uint8Array;
  #words: Uint32Array;

  constructor(words: Uint32Array) {
    this.#words = words.slice();
    this.address = new Uint8Array(this.#words.buffer);
  }

  get host(): string {
    return this.address.subarray(4, 8).join(".");
  }

  get port(): number {
    return portOf(this.address);
  }

  is(words: Uint32Array): boolean {
    return words[0] === this.#words[0] && words[1] === this.#words[1];
  }
}
