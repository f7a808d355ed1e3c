/** A sine tone of 16-bit samples. */
export interface Tone {
  readonly rateHz: number;
  readonly hz: number;
  /** In steps of a sample; need not be whole. */
  readonly amplitude: number;
}

/** The tone's samples before they are rounded. */
export function exactTone(of: Tone, durationS: number): Float64Array {
  const { rateHz, hz, amplitude } = of;
  return Float64Array.from(
    { length: Math.round(durationS * rateHz) },
    (_, i) => amplitude * Math.sin(2 * Math.PI * ((hz * i) % rateHz) / rateHz),
  );
}

/** The tone's samples, each rounded to the nearest. */
export function tone(of: Tone, durationS: number): Int16Array {
  return Int16Array.from(exactTone(of, durationS), Math.round);
}

/** The tone of a frequency in samples that hold whole periods of it, by correlation. */
export function fitTone(
  samples: ArrayLike<number>,
  rateHz: number,
  hz: number,
): { amplitude: number; phase: number } {
  let sine = 0;
  let cosine = 0;
  for (let i = 0; i < samples.length; i++) {
    // Whole hertz over whole hertz: the remainder keeps the angle small and exact.
    const angle = 2 * Math.PI * ((hz * i) % rateHz) / rateHz;
    sine += samples[i] * Math.sin(angle);
    cosine += samples[i] * Math.cos(angle);
  }
  const alone = hz === 0 || 2 * hz === rateHz ? 1 : 2;
  return {
    amplitude: alone * Math.hypot(sine, cosine) / samples.length,
    phase: Math.atan2(cosine, sine),
  };
}
