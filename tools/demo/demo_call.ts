import type { FreeSwitch } from "../../src/simulator/freeswitch/free_switch.ts";
import type { CallOutcome } from "../../src/simulator/freeswitch/call_options.ts";
import { Tape } from "./tape.ts";

/** Line's rate, in hertz, and the samples of a frame. */
export const RATE_HZ = 8000;
const FRAME_SAMPLES = 160;
/** A frame below this level, of 32768, is silence. */
const SILENCE_LEVEL = 200;
/** The assistant's greeting is over when nothing is heard for this long. */
const GREETING_PAUSE_MS = 400;
/** The caller speaks after this long when nobody greets. */
const PATIENCE_MS = 4000;
/** After the last answer the caller waits this long and hangs up. */
const LAST_PAUSE_MS = 1000;
/** A caller who hears no answer for this long gives up. */
const GIVE_UP_MS = 12_000;

/** What a caller of the demo does and hears. */
export interface DemoCall {
  readonly uuid: string;
  readonly said: Tape;
  readonly heard: Tape;
  /** Moments in milliseconds since the call was placed; undefined when they did not come. */
  readonly moments: {
    answered?: number;
    greeting?: number;
    speaks?: number;
    silent?: number;
    answer?: number;
    hangsUp?: number;
  };
  /** When the first frame of both tapes was, in milliseconds since the call was placed. */
  readonly tapeStartMs: number;
  readonly ended: Promise<CallOutcome>;
  readonly stats: { readonly framesSent: number; readonly framesHeard: number };
}

/** What a caller is told. */
export interface DemoCaller {
  readonly eslPort: number;
  /** At 8 kHz. */
  readonly speech: Int16Array;
  readonly number: string;
  /** Something happened, for the live display. */
  readonly tell: (what: string) => void;
}

/** Places a call: the caller waits for the greeting, says all, listens to the last answer and hangs up. */
export function placeDemoCall(
  freeSwitch: FreeSwitch,
  caller: DemoCaller,
): DemoCall {
  const startMs = performance.now();
  const elapsed = () => performance.now() - startMs;
  const said = new Tape();
  const heard = new Tape();
  const moments: DemoCall["moments"] = {};
  const conversation = new CallersPart(caller, moments, elapsed);
  let tapeStartMs = 0;
  const call = freeSwitch.placeCall({
    callerNumber: caller.number,
    callerName: "Demo",
    calledNumber: "1000",
    variables: { send_silence_when_idle: "400" },
    dialplan: [
      { schedHangup: 30 },
      { socket: `127.0.0.1:${caller.eslPort}` },
      { hangup: "NORMAL_TEMPORARY_FAILURE" },
    ],
    speech: (frame) => {
      if (said.length === 0) tapeStartMs = elapsed();
      const speaking = conversation.speak(frame);
      said.add(speaking ? frame : undefined, FRAME_SAMPLES);
      return speaking;
    },
    heard: (frame) => {
      heard.add(frame, FRAME_SAMPLES);
      if (conversation.hear(frame)) call.hangUp();
    },
  });
  caller.tell("FreeSWITCH hands the call over; the caller hears ringing");
  call.answered.then((ms) => {
    moments.answered = ms;
    caller.tell(`answered after ${Math.round(ms)} ms`);
  }, () => {});
  return {
    uuid: call.uuid,
    said,
    heard,
    moments,
    get tapeStartMs() {
      return tapeStartMs;
    },
    ended: call.ended,
    stats: call.stats,
  };
}

/** The caller's side of the conversation: when to speak, and when all is said. */
class CallersPart {
  #caller: DemoCaller;
  #moments: DemoCall["moments"];
  #elapsed: () => number;
  #spoken = 0;
  #firstMs?: number;
  #lastSoundMs?: number;

  constructor(
    caller: DemoCaller,
    moments: DemoCall["moments"],
    elapsed: () => number,
  ) {
    this.#caller = caller;
    this.#moments = moments;
    this.#elapsed = elapsed;
  }

  speak(frame: Int16Array): boolean {
    const { speech, tell } = this.#caller;
    const now = this.#elapsed();
    this.#firstMs ??= now;
    if (this.#spoken >= speech.length || !this.#mayBegin(now)) return false;
    if (this.#moments.speaks === undefined) {
      this.#moments.speaks = now;
      tell("the caller speaks");
    }
    const part = speech.subarray(this.#spoken, this.#spoken + frame.length);
    frame.fill(0);
    frame.set(part);
    this.#spoken += frame.length;
    if (this.#spoken >= speech.length) {
      this.#moments.silent = now;
      tell("the caller has said all and listens");
    }
    return true;
  }

  /** Takes what is heard; true when the caller hangs up. */
  hear(frame: Int16Array | undefined): boolean {
    const now = this.#elapsed();
    if (frame?.some((sample) => Math.abs(sample) > SILENCE_LEVEL)) {
      this.#noteSound(now);
    }
    if (!this.#isOver(now)) return false;
    this.#moments.hangsUp = now;
    this.#caller.tell("the caller hangs up");
    return true;
  }

  #mayBegin(now: number): boolean {
    if (this.#spoken > 0) return true;
    if (this.#lastSoundMs === undefined) {
      return now - this.#firstMs! > PATIENCE_MS;
    }
    return now - this.#lastSoundMs > GREETING_PAUSE_MS;
  }

  #noteSound(now: number): void {
    const { moments } = { moments: this.#moments };
    if (moments.greeting === undefined && moments.speaks === undefined) {
      moments.greeting = now;
      this.#caller.tell("the assistant greets");
    }
    if (moments.silent !== undefined && moments.answer === undefined) {
      moments.answer = now;
      this.#caller.tell("the assistant answers");
    }
    this.#lastSoundMs = now;
  }

  #isOver(now: number): boolean {
    const { silent, answer, hangsUp } = this.#moments;
    if (silent === undefined || hangsUp !== undefined) return false;
    if (answer === undefined) return now - silent > GIVE_UP_MS;
    return now - (this.#lastSoundMs ?? now) > LAST_PAUSE_MS;
  }
}
