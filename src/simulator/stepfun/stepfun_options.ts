import { type DialectDefaults, type DialectName, DIALECTS } from "./dialect.ts";
import type { Faults } from "./faults.ts";
import type { ServerEventKey } from "./event_names.ts";
import type { Listen } from "../tcp/connection.ts";
import type { SimulatedSession } from "./simulated_session.ts";
import type { Turn } from "./turn.ts";
import type { VadSettings } from "./turn_detector.ts";

/**
 * What a session answers: `parrot` what the caller said; `wav` a recording;
 * `echo` each appended sample at once, for counting; `duplex` an endless sound
 * at real time whatever comes in, for load; with `wavs` these, at `realtimeFactor`.
 */
export const STEPFUN_MODES = ["parrot", "wav", "echo", "duplex"] as const;
/** One of {@linkcode STEPFUN_MODES}. */
export type StepFunMode = (typeof STEPFUN_MODES)[number];

/** Mono samples and their rate in hertz. */
export interface Recording {
  readonly samples: Int16Array;
  readonly rateHz: number;
}

/** A function that the model calls instead of speaking. */
export interface FunctionCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
  /** Which response of the session it is, from 1. */
  readonly atResponse: number;
}

/** Who is told what; all are called inside the session, so they must be short. */
export interface StepFunObservers {
  readonly onSession?: (session: SimulatedSession) => void;
  readonly onSessionEnd?: (session: SimulatedSession) => void;
  /** Appended audio, valid during the call only, with the time of its arrival in milliseconds of `performance.now`. */
  readonly onAudio?: (
    sessionIndex: number,
    samples: Int16Array,
    timeMs: number,
  ) => void;
  /** Every event of the service, just before it is sent, with the time as above. */
  readonly onSent?: (
    sessionIndex: number,
    event: ServerEventKey,
    timeMs: number,
  ) => void;
  /** Every well-formed event of a client, before it is acted on. */
  readonly onEvent?: (
    sessionIndex: number,
    event: Readonly<Record<string, unknown>>,
  ) => void;
}

/** How the simulated service behaves. */
export interface StepFunSettings {
  readonly mode: StepFunMode;
  /** Whose protocol it speaks; models, voices, rates and limits follow unless they are set. */
  readonly dialect: DialectName;
  readonly hostname: string;
  readonly port: number;
  /** Whether several processes may share the port; the kernel deals the connections out (Linux, SO_REUSEPORT). */
  readonly reusePort: boolean;
  /** How it listens; by the runtime's own sockets unless told. */
  readonly listen: Listen;
  /** Checked against the Bearer header unless it is empty. */
  readonly apiKey: string;
  readonly models: readonly string[];
  /** Voices that a session may name, its own first; empty: as the service for that model. */
  readonly voices: readonly string[];
  readonly inputRateHz: number;
  readonly outputRateHz: number;
  /** For what a client's turn_detection leaves out. */
  readonly vad: VadSettings;
  readonly maxTurnMs: number;
  /** Answers of modes `wav` and `duplex`, one after the other, again from the first. */
  readonly wavs: readonly Recording[];
  /** From response.created to the first audio. */
  readonly firstAudioDelayMs: number;
  readonly deltaMs: number;
  /** Audio that an echo gathers before it gives it back; 0: each append at once. */
  readonly echoDeltaMs: number;
  /** How much faster than it is spoken an answer is sent; Infinity: all at once. */
  readonly realtimeFactor: number;
  /** How far an answer runs ahead of its pace from its first delta on. */
  readonly leadMs: number;
  /** From the end of an answer of mode `duplex` to the next. */
  readonly pauseMs: number;
  /** When a session of mode `duplex` begins to speak, by the index of its connection. */
  readonly phaseMs: (sessionIndex: number) => number;
  /** Whether an answer of mode `parrot` ends with what the client's items say was said before. */
  readonly recall: boolean;
  /** Words for what the caller said. */
  readonly transcribe: (turn: Turn) => string;
  readonly functionCall: FunctionCall | undefined;
  /** Whether answers begin with response.thinking.*. */
  readonly thinking: boolean;
  /** Whether response.done carries usage. */
  readonly usage: boolean;
  /** What ends a cancelled response; the first is what was seen, the second what is documented. */
  readonly cancelAnswer: "incomplete" | "cancelled" | "cancelled_then_done";
  readonly cancelDelayMs: number;
  /** Audio deltas that still come between the cancel and its answer. */
  readonly cancelLateDeltas: number;
  /** Whether conversation.item.truncate is answered. */
  readonly truncation: boolean;
  readonly sessionLimitMs: number;
  /** Without anything from the client for so long the socket closes; Infinity: never. */
  readonly idleCloseMs: number;
  readonly maxSessions: number;
  readonly maxMessageBytes: number;
  readonly upgradeTimeoutMs: number;
  /** One for all sessions, or by the index of the connection, from 0. */
  readonly faults: Faults | ((sessionIndex: number) => Faults);
}

/** Options of a simulated service; only `mode` has no default. */
export type StepFunOptions =
  & Pick<StepFunSettings, "mode">
  & Partial<Omit<StepFunSettings, "mode" | "vad">>
  & { readonly vad?: Partial<VadSettings> }
  & StepFunObservers;

const DEFAULTS: Omit<
  StepFunSettings,
  "mode" | "dialect" | keyof DialectDefaults
> = {
  hostname: "127.0.0.1",
  port: 0,
  reusePort: false,
  listen: Deno.listen,
  apiKey: "",
  voices: [],
  outputRateHz: 24_000,
  vad: {
    prefixPaddingMs: 500,
    silenceDurationMs: 100,
    energyAwakenessThreshold: 2500,
  },
  maxTurnMs: 60_000,
  wavs: [],
  firstAudioDelayMs: 0,
  deltaMs: 135,
  echoDeltaMs: 0,
  realtimeFactor: 8,
  leadMs: 0,
  pauseMs: 0,
  phaseMs: () => 0,
  recall: false,
  transcribe: (turn) =>
    turn.type === "text"
      ? turn.text
      : `speech of ${Math.round(turn.durationMs)} ms`,
  functionCall: undefined,
  thinking: false,
  usage: true,
  cancelDelayMs: 55,
  cancelLateDeltas: 2,
  idleCloseMs: Infinity,
  maxSessions: 5000,
  maxMessageBytes: 1_048_576,
  upgradeTimeoutMs: 5000,
  faults: {},
};

/** Fills in the defaults. Any thread. Throws RangeError for values that cannot be used. */
export function settleOptions(
  options: StepFunOptions,
): StepFunSettings & StepFunObservers {
  const dialect = options.dialect ?? "stepfun";
  const settings = {
    ...DEFAULTS,
    ...DIALECTS[dialect].defaults,
    ...options,
    dialect,
    vad: { ...DEFAULTS.vad, ...options.vad },
  };
  const { mode, inputRateHz, outputRateHz, deltaMs, realtimeFactor } = settings;
  for (const rateHz of [inputRateHz, outputRateHz]) {
    const whole = Number.isInteger(rateHz / 100);
    if (!whole || rateHz < 8000 || rateHz > 48_000) {
      refuse("rate", "8000 to 48000 in steps of 100", rateHz);
    }
  }
  if (!(deltaMs >= 1 && deltaMs <= 10_000)) {
    refuse("deltaMs", "1 to 10000", deltaMs);
  }
  if (!(settings.echoDeltaMs >= 0 && settings.echoDeltaMs <= 10_000)) {
    refuse("echoDeltaMs", "0 to 10000", settings.echoDeltaMs);
  }
  if (!(realtimeFactor > 0)) {
    refuse("realtimeFactor", "above 0", realtimeFactor);
  }
  for (const name of ["leadMs", "pauseMs"] as const) {
    const value = settings[name];
    if (!(value >= 0 && value <= 60_000)) refuse(name, "0 to 60000", value);
  }
  if (mode === "wav" && settings.wavs.length === 0) {
    refuse("wavs", "at least one recording in mode wav", 0);
  }
  return settings;
}

function refuse(name: string, allowed: string, got: number): never {
  throw new RangeError(
    `Cannot simulate StepFun: ${name} must be ${allowed}, got ${got}`,
  );
}
