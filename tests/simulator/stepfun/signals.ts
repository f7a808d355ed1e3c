/** A tone of so many milliseconds; 300 Hz unless it is said. */
export function tone(
  durationMs: number,
  { rateHz = 16_000, peak = 10_000, frequencyHz = 300 } = {},
): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(rateHz * durationMs / 1000);
  for (let i = 0; i < samples.length; i++) {
    const angle = 2 * Math.PI * frequencyHz * i / rateHz;
    samples[i] = Math.round(peak * Math.sin(angle));
  }
  return samples;
}

/** Silence of so many milliseconds. */
export function silence(durationMs: number, rateHz = 16_000): Int16Array {
  return new Int16Array(rateHz * durationMs / 1000);
}

/** One behind the other. */
export function join(...parts: Int16Array[]): Int16Array<ArrayBuffer> {
  const whole = new Int16Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Cut into pieces of so many samples. */
export function* chunks(
  samples: Int16Array,
  size: number,
): Generator<Int16Array> {
  for (let at = 0; at < samples.length; at += size) {
    yield samples.subarray(at, at + size);
  }
}

/** Numbers of 0 to 1 that are the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A function of time: twelve tones of the voice band (300 to 3300 Hz) with random pitch and phase. */
export function babble(random: () => number): (timeS: number) => number {
  const parts = Array.from({ length: 12 }, () => ({
    frequencyHz: 300 + 3000 * random(),
    phase: 2 * Math.PI * random(),
  }));
  return (timeS) => {
    let sum = 0;
    for (const { frequencyHz, phase } of parts) {
      sum += Math.sin(2 * Math.PI * frequencyHz * timeS + phase);
    }
    return 1800 * sum;
  };
}

/** A function of time as samples. */
export function sample(
  signal: (timeS: number) => number,
  { rateHz, durationMs }: { rateHz: number; durationMs: number },
): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(Math.round(rateHz * durationMs / 1000));
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.round(signal(i / rateHz));
  }
  return samples;
}

/** Pearson's correlation of two equally long signals. */
export function correlation(a: Int16Array, b: Int16Array): number {
  let ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}
