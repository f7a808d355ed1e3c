import { convertRate } from "./rate_converter.ts";
import type { StepFunSettings } from "./stepfun_options.ts";
import type { Turn } from "./turn.ts";
import { synthesizeVoice } from "./voice.ts";

/** What the model says: audio cut into deltas, each in the bytes of its base64. */
export interface Answer {
  readonly transcript: string;
  readonly deltas: readonly Uint8Array[];
  /** Samples in all deltas together. */
  readonly samples: number;
  /** Whether the deltas begin again after the last. */
  readonly endless: boolean;
}

/** Zero crossings of the converter where heard is compared with said. */
const FINE = 12;
const ENCODER = new TextEncoder();

/**
 * Makes the function that answers turns in the way of the mode. Any thread. What
 * does not depend on the turn is made once, so that an answer is cheap.
 */
export function createAnswers(
  settings: StepFunSettings,
): (turn: Turn, number: number) => Answer {
  const { mode, wavs } = settings;
  if (mode === "wav" || mode === "duplex" && wavs.length > 0) {
    const answers = wavs.map(({ samples, rateHz }, index) =>
      createAnswer(
        `recording ${index + 1}`,
        convert(samples, rateHz, settings),
        settings,
      )
    );
    return (_turn, number) => answers[number % answers.length];
  }
  if (mode === "duplex") {
    const sound = synthesizeVoice("duplex", settings.outputRateHz);
    const loop = createAnswer("endless sound", sound, settings);
    return () => ({ ...loop, endless: true });
  }
  return (turn) => parrot(turn, settings);
}

function parrot(turn: Turn, settings: StepFunSettings): Answer {
  if (turn.type === "speech") {
    const samples = convert(turn.samples, settings.inputRateHz, settings);
    return createAnswer(
      `You said: ${settings.transcribe(turn)}`,
      samples,
      settings,
    );
  }
  const samples = synthesizeVoice(turn.text, settings.outputRateHz);
  return createAnswer(`You wrote: ${turn.text}`, samples, settings);
}

function convert(
  samples: Int16Array,
  inputRateHz: number,
  { outputRateHz }: StepFunSettings,
): Int16Array {
  return convertRate(samples, { inputRateHz, outputRateHz, crossings: FINE });
}

function createAnswer(
  transcript: string,
  samples: Int16Array,
  { deltaMs, outputRateHz }: StepFunSettings,
): Answer {
  const size = Math.max(1, Math.round(deltaMs * outputRateHz / 1000));
  const deltas: Uint8Array[] = [];
  for (let at = 0; at < samples.length; at += size) {
    deltas.push(encodeSamples(samples.subarray(at, at + size)));
  }
  return { transcript, deltas, samples: samples.length, endless: false };
}

/** Samples as the bytes of base64 of 16-bit little-endian, as every machine that runs this has them. Any thread. */
export function encodeSamples(samples: Int16Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = samples;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return ENCODER.encode(bytes.toBase64());
}
