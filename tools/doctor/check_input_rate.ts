import type { Config } from "../../src/config/config.ts";
import { characterErrorRate } from "./character_error_rate.ts";
import { type Finding, problem, warning, well } from "./finding.ts";
import { hearSpeech } from "./hear_speech.ts";
import { readKnownSpeech } from "./known_speech.ts";
import type { ModelCheck } from "./model_check.ts";
import type { ModelChoice } from "./model_cures.ts";
import type { ModelAddress } from "./model_talk.ts";
import { quote, wordsOf } from "./printable.ts";

/** The rates that are disputed; the others are not in use. */
const RATES_HZ = [16_000, 24_000] as const;
/** The older models' rate, unless STEPFUN_INPUT_RATE says another. */
const OLDER_MODELS: readonly string[] = ["step-audio-2", "step-audio-2-mini"];
const HEARING_MS = 60_000;
/** More wrong characters than this, and it was not understood. */
const MOST_WRONG = 0.5;
/** Better by less than this is chance. */
const CLEARLY_BETTER = 0.2;

/** What a model wrote at one rate. */
export interface HeardAtRate {
  readonly rateHz: number;
  /** Share of characters that are wrong. */
  readonly wrong: number;
}

/** Says which input rate a model wants, by what it writes of known sentences at both. */
export async function checkInputRate(
  choice: ModelChoice,
  { address, config, signal, speed = 1, timeoutMs = HEARING_MS }: ModelCheck & {
    readonly address: ModelAddress;
    readonly config: Config;
  },
): Promise<Finding[]> {
  const speech = readKnownSpeech();
  const said = speech.sentences.join("");
  const findings: Finding[] = [];
  const heard: HeardAtRate[] = [];
  for (const rateHz of RATES_HZ) {
    try {
      const { voice } = choice;
      const text = await hearSpeech(speech, {
        ...{ address, voice, rateHz, speed, signal, timeoutMs },
      });
      const wrong = characterErrorRate(said, text);
      heard.push({ rateHz, wrong });
      findings.push(well(
        `at ${rateHz} Hz it wrote “${quote(text)}”: ${percent(wrong)} wrong`,
      ));
    } catch (error) {
      signal.throwIfAborted();
      findings.push(warning(
        `at ${rateHz} Hz nothing could be tried: ${wordsOf(error)}`,
        "try again",
      ));
    }
  }
  return [...findings, judgeRates(heard, rateOf(choice.model, config))];
}

/** The rate that the server sends now. */
function rateOf(model: string, config: Config): number {
  return config.model.suppliers.stepfun?.inputRateHz ??
    (OLDER_MODELS.includes(model) ? 16_000 : 24_000);
}

/** Which rate was understood, against the one that is set. */
export function judgeRates(
  heard: readonly HeardAtRate[],
  nowHz: number,
): Finding {
  const [best, other] = heard.toSorted((a, b) => a.wrong - b.wrong);
  if (best === undefined || best.wrong > MOST_WRONG) {
    return warning(
      "it understood the known sentences at no rate, so that its input rate stays open",
      "try again; listen to assets/speech_8k.wav, whose voice is synthetic",
    );
  }
  if (other === undefined || other.wrong - best.wrong < CLEARLY_BETTER) {
    return warning(
      "it understood both rates alike, so that its input rate stays open",
      `leave STEPFUN_INPUT_RATE as it is (${nowHz}), and try again`,
    );
  }
  const what = `it wants ${best.rateHz} Hz`;
  return best.rateHz === nowHz ? well(`${what}, as is set`) : problem(
    `${what} and is sent ${nowHz} Hz`,
    `set STEPFUN_INPUT_RATE=${best.rateHz}`,
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
