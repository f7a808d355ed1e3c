import { createResampler } from "../src/audio/create_resampler.ts";
import { measureQuality } from "./audio_measurement.ts";

const RATES_HZ = [8000, 16000, 24000, 48000];
const KINDS = ["polyphase", "libsamplerate"] as const;

/** Prints what each resampler does to sound: `deno run tools/audio_quality.ts`. */
async function main() {
  console.log(
    "Tones of -1 dB of full scale; ideal 16-bit output: 97.1 dB SINAD.",
  );
  for (const kind of KINDS) {
    console.log(`\n${kind}`);
    console.log("      Hz     SINAD 1 k  SINAD 3 k   image    ripple    delay");
    for (const inputRateHz of RATES_HZ) {
      for (const outputRateHz of RATES_HZ) {
        if (inputRateHz === outputRateHz) continue;
        console.log(await row(kind, inputRateHz, outputRateHz));
      }
    }
  }
}

async function row(
  kind: typeof KINDS[number],
  inputRateHz: number,
  outputRateHz: number,
): Promise<string> {
  const resampler = await createResampler(inputRateHz, outputRateHz, { kind });
  const quality = measureQuality(resampler);
  resampler.close();
  return [
    `${inputRateHz} → ${outputRateHz}`.padEnd(13),
    `${quality.sinad1kHzDb.toFixed(1)} dB`.padStart(9),
    `${quality.sinad3kHzDb.toFixed(1)} dB`.padStart(9),
    `${quality.worstImageDb.toFixed(1)} dB`.padStart(10),
    `${quality.rippleDb.toFixed(4)} dB`.padStart(10),
    `${quality.delayMs.toFixed(2)} ms`.padStart(8),
  ].join(" ");
}

if (import.meta.main) await main();
