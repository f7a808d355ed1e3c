import { Buffer } from "node:buffer";
// deno-lint-ignore no-import-prefix -- only compared with here
import speexModule from "npm:speex-resampler@3.0.1";
import { createResampler } from "../src/audio/create_resampler.ts";
import { bytesOf } from "../src/audio/pcm.ts";

// Frames of 20 ms, one after another, through each resampler.
const PAIRS_HZ = [
  [8000, 16000],
  [24000, 8000],
  [8000, 24000],
  [16000, 8000],
  [16000, 24000],
  [24000, 16000],
  [48000, 16000],
];
const SPEEX_QUALITY = 7;

const { default: SpeexResampler } = speexModule;
await SpeexResampler.initPromise;
for (const [inputRateHz, outputRateHz] of PAIRS_HZ) {
  const group = `${inputRateHz} → ${outputRateHz} Hz`;
  const input = Int16Array.from(
    { length: inputRateHz / 50 },
    () => Math.floor((Math.random() - 0.5) * 40000),
  );
  for (const kind of ["polyphase", "libsamplerate"] as const) {
    const resampler = await createResampler(inputRateHz, outputRateHz, {
      kind,
    });
    const output = new Int16Array(resampler.maxOutputSamples(input.length));
    Deno.bench(kind, { group, baseline: kind === "polyphase" }, () => {
      resampler.process(input, output);
    });
  }
  const speex = new SpeexResampler(
    1,
    inputRateHz,
    outputRateHz,
    SPEEX_QUALITY,
  );
  const bytes = Buffer.from(bytesOf(input));
  Deno.bench("speex", { group }, () => {
    speex.processChunk(bytes);
  });
}
