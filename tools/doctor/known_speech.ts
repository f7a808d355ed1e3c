import { readWav, type WavAudio } from "../../src/simulator/wav.ts";

/** Speech whose words are known. */
export interface KnownSpeech extends WavAudio {
  readonly sentences: readonly string[];
}

const FILE = new URL("../../assets/speech_8k.wav", import.meta.url);
/** What is said in the file, as assets/README.md has it. */
const SENTENCES = [
  "你好，请问你们周末几点开门？",
  "我想预约明天下午三点，谢谢。",
];

/** The speech that comes with the project, 8 kHz. */
export function readKnownSpeech(): KnownSpeech {
  return { ...readWav(Deno.readFileSync(FILE)), sentences: SENTENCES };
}
