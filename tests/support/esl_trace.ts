/** One chunk of the recorded connection; every character of `data` is a byte. */
export interface TraceChunk {
  readonly from: "app" | "freeswitch" | "close";
  readonly data: string;
}

/** The connection of one call, recorded from FreeSWITCH 1.11. */
export function readTrace(): TraceChunk[] {
  const url = new URL("./esl_outbound_call.jsonl", import.meta.url);
  return Deno.readTextFileSync(url).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
}

/** What FreeSWITCH sent in that connection, without gaps. */
export function traceBytes(): Uint8Array {
  const sent = readTrace().filter((chunk) => chunk.from === "freeswitch");
  return latin1(sent.map((chunk) => chunk.data).join(""));
}

/** A text whose characters are bytes, as bytes. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A seeded source of numbers from 0 to 1, mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
