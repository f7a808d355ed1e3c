import type { CallOutcome } from "../../../src/simulator/freeswitch/call_options.ts";
import type { FreeSwitch } from "../../../src/simulator/freeswitch/free_switch.ts";
import { simulatedDialplan } from "../edge/dialplan_walk.ts";

const CALLED_NUMBER = "1000";
/** A frame is sound above this level, of 32768. */
const SOUND_LEVEL = 200;

/** One caller who says something when asked to, and counts what is heard. */
export interface TalkingCaller {
  readonly uuid: string;
  /** Milliseconds from the start to the answer. */
  readonly answered: Promise<number>;
  readonly ended: Promise<CallOutcome>;
  /** Set when the call is over. */
  outcome(): CallOutcome | undefined;
  /** Frames with sound so far. */
  heard(): number;
  /** Says these samples once, from now on. */
  say(samples: Int16Array): void;
  hangUp(): void;
}

/** A call that takes the way of the shipped dialplan with these global variables. */
export async function placeTalkingCall(
  machine: FreeSwitch,
  { variables, uuid = crypto.randomUUID() }: {
    readonly variables: Readonly<Record<string, string>>;
    readonly uuid?: string;
  },
): Promise<TalkingCaller> {
  let words: Int16Array = new Int16Array();
  let heard = 0;
  let outcome: CallOutcome | undefined;
  const walk = { calledNumber: CALLED_NUMBER, uuid, variables };
  const call = machine.placeCall({
    callerNumber: "13800138000",
    calledNumber: CALLED_NUMBER,
    uuid,
    dialplan: await simulatedDialplan(walk),
    speech: (frame) => {
      if (words.length === 0) return false;
      frame.fill(0);
      frame.set(words.subarray(0, frame.length));
      words = words.subarray(frame.length);
      return true;
    },
    heard: (frame) => {
      if (frame?.some((sample) => Math.abs(sample) > SOUND_LEVEL)) heard++;
    },
  });
  const ended = call.ended.then((it) => outcome = it);
  return {
    uuid,
    answered: call.answered,
    ended,
    outcome: () => outcome,
    heard: () => heard,
    say: (samples) => words = samples,
    hangUp: () => call.hangUp(),
  };
}
