import type { CreateResampler, Resampler } from "../audio/resampler.ts";

/** The rates of a leg and of its model, in hertz. */
export interface PairRates {
  readonly legHz: number;
  readonly inputRateHz: number;
  readonly outputRateHz: number;
}

/** What a leg and its model need to hear each other; whoever has it closes both. */
export interface ResamplerPair {
  /** Leg → model. */
  readonly up: Resampler;
  /** Model → leg. */
  readonly down: Resampler;
}

/** Makes both or none. Rejects with what `create` rejects with. */
export async function makeResamplerPair(
  create: CreateResampler,
  { legHz, inputRateHz, outputRateHz }: PairRates,
): Promise<ResamplerPair> {
  const up = await create(legHz, inputRateHz);
  try {
    return { up, down: await create(outputRateHz, legHz) };
  } catch (error) {
    up.close();
    throw error;
  }
}

/** Gives the memory of both back. */
export function closePair({ up, down }: ResamplerPair): void {
  up.close();
  down.close();
}
