/** A stretch of speech, in samples. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const BLOCK_MS = 10;
/** Level of a block that counts as speech, of 32768. */
const SPEECH_LEVEL = 300;
/** A pause this long parts two sentences. */
const PAUSE_MS = 600;

/** Finds the sentences of a recording: speech between pauses. */
export function findSentences(samples: Int16Array, rateHz: number): Stretch[] {
  const block = rateHz * BLOCK_MS / 1000;
  const pause = rateHz * PAUSE_MS / 1000;
  const found: { from: number; to: number }[] = [];
  for (let at = 0; at < samples.length; at += block) {
    if (!isSpeech(samples.subarray(at, at + block))) continue;
    const last = found.at(-1);
    if (last !== undefined && at - last.to < pause) last.to = at + block;
    else found.push({ from: at, to: at + block });
  }
  return found;
}

function isSpeech(block: Int16Array): boolean {
  return block.some((sample) => Math.abs(sample) > SPEECH_LEVEL);
}
