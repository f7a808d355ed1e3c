import { type Deadline, withDeadline } from "./deadline.ts";
import { sessionUpdate } from "./dialect.ts";
import type { KnownSpeech } from "./known_speech.ts";
import { type ModelAddress, type ModelEvent, ModelTalk } from "./model_talk.ts";
import { convertSpeech, speak } from "./speak.ts";
import { waitFor } from "./wait_for.ts";

/** How a model is made to listen. */
export interface Hearing extends Deadline {
  readonly address: ModelAddress;
  readonly voice: string;
  readonly rateHz: number;
  readonly speed: number;
}

const WRITTEN = "conversation.item.input_audio_transcription.completed";
const INSTRUCTIONS = "只回答“好的”。";
const SUPPLIER = "stepfun";

/** What a model writes that it heard, when it is sent known speech at a rate. Rejects when it cannot be had at all. */
export async function hearSpeech(
  speech: KnownSpeech,
  hearing: Hearing,
): Promise<string> {
  const { address, voice, rateHz, speed } = hearing;
  const samples = await convertSpeech(speech, rateHz);
  return await withDeadline(hearing, async (signal) => {
    const talk = await ModelTalk.open(address, signal);
    await waitFor(talk, "session.created");
    talk.say(
      sessionUpdate(SUPPLIER, { instructions: INSTRUCTIONS, voice }),
    );
    await waitFor(talk, "session.updated");
    const end = new AbortController();
    const over = AbortSignal.any([signal, end.signal]);
    const spoken = speak(talk, samples, { rateHz, speed, signal: over });
    try {
      return await gather(talk, spoken);
    } finally {
      end.abort();
      await spoken;
      talk.close();
    }
  });
}

/** All that is written until everything was spoken, silence included. */
async function gather(talk: ModelTalk, spoken: Promise<void>): Promise<string> {
  let text = "";
  for (;;) {
    const event: ModelEvent | void = await Promise.race([talk.next(), spoken]);
    if (event === undefined) return text;
    const { type, transcript } = event;
    if (type === WRITTEN && typeof transcript === "string") text += transcript;
  }
}
