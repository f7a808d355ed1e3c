import type { Faults } from "./faults.ts";
import type { Outbox } from "./outbox.ts";
import type { ResponseIds, Usage } from "./response_events.ts";
import type { SessionCounts } from "./simulated_session.ts";
import type { StepFunSettings } from "./stepfun_options.ts";
import type { Timers } from "./timers.ts";

/** The one response that a session may have at a time. */
export interface RunningResponse {
  /** Whether samples must be given to it as they come. */
  readonly wantsAudio: boolean;
  /** Sends what begins it; it may have ended when this returns. */
  start(): void;
  /** Ends it early, in its own time; nothing happens the second time. */
  cancel(): void;
  /** Takes samples of the caller, where it {@linkcode wantsAudio}. */
  push(samples: Int16Array): void;
}

/** What a response needs of its session. */
export interface ResponseHost {
  readonly outbox: Outbox;
  readonly timers: Timers;
  readonly settings: StepFunSettings;
  readonly faults: Faults;
  readonly counts: SessionCounts;
  readonly ids: ResponseIds;
  /** Type of the part that carries the audio. */
  readonly audioPart: string;
  /** Called once, after the last event, with the words that were said and whether they are all. */
  readonly ended: (said?: string, whole?: boolean) => void;
}

/** Usage for so many samples said, 25 tokens a second; none where the settings say so. Any thread. */
export function usageOf(
  { settings, counts }: ResponseHost,
  samples: number,
): Usage | undefined {
  if (!settings.usage) return undefined;
  const heardS = counts.appendedSamples / settings.inputRateHz;
  const input_tokens = Math.ceil(heardS * 25);
  const output_tokens = Math.ceil(samples / settings.outputRateHz * 25);
  return {
    total_tokens: input_tokens + output_tokens,
    input_tokens,
    output_tokens,
  };
}
