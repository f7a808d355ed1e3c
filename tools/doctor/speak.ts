import { createResampler } from "../../src/audio/create_resampler.ts";
import { bytesOf } from "../../src/audio/pcm.ts";
import type { KnownSpeech } from "./known_speech.ts";
import type { ModelTalk } from "./model_talk.ts";

const MESSAGE_MS = 40;
/** Silence after speech; a transcript may be late. */
const SILENCE_MS = 6000;

/** How speech goes up. */
export interface Speaking {
  readonly rateHz: number;
  /** How much faster than spoken. */
  readonly speed: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Converts speech to another rate. Rejects with RangeError for a rate that cannot be had. */
export async function convertSpeech(
  { samples, rateHz }: KnownSpeech,
  toHz: number,
): Promise<Int16Array> {
  const resampler = await createResampler(rateHz, toHz);
  const converted = new Int16Array(resampler.maxOutputSamples(samples.length));
  const length = resampler.process(samples, converted);
  resampler.close();
  return converted.subarray(0, length);
}

/**
 * Sends samples at the pace of speech, and silence after them, since a turn
 * hangs when nothing comes any more. Resolves when all is said, or the signal
 * ends it.
 */
export async function speak(
  talk: ModelTalk,
  samples: Int16Array,
  { rateHz, speed, signal }: Speaking,
): Promise<void> {
  const size = rateHz * MESSAGE_MS / 1000;
  const silence = new Int16Array(size);
  const startMs = performance.now();
  const messages = Math.ceil(samples.length / size) + SILENCE_MS / MESSAGE_MS;
  for (let sent = 0; sent < messages && !signal.aborted; sent++) {
    const part = samples.slice(sent * size, (sent + 1) * size);
    const audio = bytesOf(part.length > 0 ? part : silence).toBase64();
    talk.say({ type: "input_audio_buffer.append", audio });
    const dueMs = startMs + (sent + 1) * MESSAGE_MS / speed;
    await rest(dueMs - performance.now(), signal);
  }
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(done, Math.max(0, ms));
  signal.addEventListener("abort", done);
  if (signal.aborted) done();
  return promise;

  function done() {
    clearTimeout(timer);
    signal.removeEventListener("abort", done);
    resolve();
  }
}
