import { checkInputRate } from "./check_input_rate.ts";
import { withDeadline } from "./deadline.ts";
import { sessionUpdate } from "./dialect.ts";
import { type Finding, warning, well } from "./finding.ts";
import { judgeAnswer } from "./judge_answer.ts";
import { judgeClock } from "./judge_clock.ts";
import { judgeSession } from "./judge_session.ts";
import { choicesOf, describeFailure, type ModelChoice } from "./model_cures.ts";
import type { ModelCheck } from "./model_check.ts";
import { type ModelAddress, ModelTalk } from "./model_talk.ts";
import { waitFor } from "./wait_for.ts";
import type { Patient } from "./patient.ts";

/** For everything from the connect to the first audio. */
const TALK_MS = 20_000;
const INSTRUCTIONS = "你在接电话，请用一句很短的话回答。";
/** A caller waits so long for each part of the way at every call. */
const SLOW_MS = 2000;
/** Dates in HTTP have whole seconds, so that half of one is missing on average. */
const HALF_A_SECOND_MS = 500;

/** Every model that an assistant may have: the way to it, its session, and whether it speaks. */
export async function checkModels(
  { config, options }: Patient,
  check: ModelCheck,
): Promise<Finding[]> {
  if (config === undefined) return [];
  const findings: Finding[] = [];
  for (const choice of choicesOf(config)) {
    const { url, apiKey } = config.model.suppliers[choice.supplier];
    const address = { url: addressOf(url, choice.model), apiKey };
    const found = await checkModel(choice, { ...check, address });
    const usable = found.every(({ state }) => state !== "problem");
    if (options.liveAudio && usable && choice.supplier === "stepfun") {
      found.push(
        ...await checkInputRate(choice, { ...check, address, config }),
      );
    }
    const name = `${choice.supplier} ${choice.model}`;
    findings.push(
      ...found.map((each) => ({ ...each, what: `${name}: ${each.what}` })),
    );
  }
  return findings;
}

function addressOf(url: string, model: string): URL {
  const address = new URL(url);
  address.searchParams.set("model", model);
  return address;
}

async function checkModel(
  choice: ModelChoice,
  { address, signal, timeoutMs = TALK_MS }: ModelCheck & {
    readonly address: ModelAddress;
  },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let stage = "an answer to the upgrade";
  try {
    await withDeadline({ timeoutMs, signal }, async (ending) => {
      const talk = await ModelTalk.open(address, ending);
      findings.push(...judgeWay(talk));
      const startMs = performance.now();
      stage = "session.created";
      const created = await waitFor(talk, stage);
      stage = "session.updated";
      const settings = { instructions: INSTRUCTIONS, voice: choice.voice };
      talk.say(sessionUpdate(choice.supplier, settings));
      const updated = await waitFor(talk, stage);
      const readyMs = performance.now() - startMs;
      findings.push(...judgeSession({ created, updated, readyMs }, choice));
      stage = "the answer to a sentence";
      findings.push(await judgeAnswer(talk, choice));
    });
  } catch (error) {
    signal.throwIfAborted();
    findings.push(describeFailure(error, { choice, stage }));
  }
  return findings;
}

function judgeWay({ times, dateMs }: ModelTalk): Finding[] {
  const all = Object.entries(times);
  const what = all.map(([phase, ms]) => `${phase} ${Math.round(ms)} ms`)
    .join(", ");
  const sumMs = all.reduce((sum, [, ms]) => sum + ms, 0);
  const findings = [
    sumMs <= SLOW_MS ? well(`reached: ${what}`) : warning(
      `reached slowly: ${what}`,
      "each call waits for this; put the node nearer to the supplier",
    ),
  ];
  if (dateMs !== undefined) {
    const aheadMs = Date.now() - dateMs - HALF_A_SECOND_MS;
    findings.push(judgeClock("the model's host", aheadMs));
  }
  return findings;
}
