const SYLLABLES = 6;
const SYLLABLE_MS = 160;
const PEAK = 9000;
/** Strengths of the harmonics, strongest near 500 Hz as in a vowel. */
const HARMONICS = [0.5, 0.8, 1, 0.7, 0.4, 0.2, 0.1];

/**
 * Makes about a second of a sound like a voice: syllables with a pitch that
 * differs from text to text and is always the same for one text. Any thread.
 */
export function synthesizeVoice(
  text: string,
  rateHz: number,
): Int16Array<ArrayBuffer> {
  const syllableSamples = Math.round(rateHz * SYLLABLE_MS / 1000);
  const samples = new Int16Array(SYLLABLES * syllableSamples);
  let state = hash(text);
  for (let s = 0; s < SYLLABLES; s++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const pitchHz = 110 + (state >>> 16) % 110;
    const from = s * syllableSamples;
    voice(samples.subarray(from, from + syllableSamples), pitchHz / rateHz);
  }
  return samples;
}

function voice(samples: Int16Array, cyclesPerSample: number): void {
  const total = HARMONICS.reduce((sum, strength) => sum + strength, 0);
  for (let i = 0; i < samples.length; i++) {
    const angle = 2 * Math.PI * cyclesPerSample * i;
    let value = 0;
    for (let h = 0; h < HARMONICS.length; h++) {
      value += HARMONICS[h] * Math.sin(angle * (h + 1));
    }
    const envelope = Math.sin(Math.PI * i / samples.length) ** 0.5;
    samples[i] = Math.round(PEAK * 2 * envelope * value / total);
  }
}

function hash(text: string): number {
  let value = 2_166_136_261;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 16_777_619) >>> 0;
  }
  return value;
}
