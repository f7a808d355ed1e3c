import { CalledFunctions } from "./called_functions.ts";
import { HalfSample } from "./half_sample.ts";
import { SpokenItems } from "./spoken_items.ts";
import { SpokenText } from "./spoken_text.ts";

/** A response that the peer is giving. */
export interface RunningResponse {
  id: string | undefined;
  /** The items that hold its speech. */
  readonly items: SpokenItems;
  /** Whether the peer said `response.created`; otherwise a delta opened it. */
  created: boolean;
  /** Whether its start was reported. */
  reported: boolean;
  /** Whether it goes on after the peer has said that it is over. */
  late: boolean;
  samples: number;
  /** How many there were when its newest start was reported. */
  startedAt: number;
  /** Where its speech was cut within a sample. */
  readonly half: HalfSample;
  /** Whether that was complained of. */
  halfReported: boolean;
  readonly spoken: SpokenText;
  readonly written: SpokenText;
  /** What was reported of its words. */
  told: string;
  readonly functions: CalledFunctions;
  /** The calls of functions that it has made. */
  readonly callIds: string[];
}

/** A response of which nothing has come. Worker thread. */
export function newResponse(
  id: string | undefined,
  created: boolean,
): RunningResponse {
  return {
    id,
    items: new SpokenItems(),
    created,
    reported: false,
    late: false,
    samples: 0,
    startedAt: 0,
    half: new HalfSample(),
    halfReported: false,
    spoken: new SpokenText(),
    written: new SpokenText(),
    told: "",
    functions: new CalledFunctions(),
    callIds: [],
  };
}
