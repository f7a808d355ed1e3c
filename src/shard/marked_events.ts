import type { WorkMark } from "../ring/work_mark.ts";
import type { SpeechModelEvents } from "./speech_model.ts";

/** Whose events they are. */
export interface EventsOwner {
  readonly mark: WorkMark;
  readonly serial: number;
  /** Hearing an event failed, by a fault of ours. */
  readonly failed: (error: unknown) => void;
}

/** The same events, each under the mark of the call that they are of; none throws. Shard's thread. */
export function markEvents(
  events: SpeechModelEvents,
  { mark, serial, failed }: EventsOwner,
): SpeechModelEvents {
  const marked = Object.entries(events).map(([name, tell]) => [
    name,
    (...values: unknown[]) => {
      const before = mark.begin(serial);
      try {
        (tell as (...values: unknown[]) => void)(...values);
      } catch (error) {
        failed(error);
      }
      mark.end(before);
    },
  ]);
  return Object.fromEntries(marked) as SpeechModelEvents;
}
