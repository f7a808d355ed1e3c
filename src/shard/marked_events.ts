import type { WorkMark } from "../ring/work_mark.ts";
import type { SpeechModelEvents } from "./speech_model.ts";

/** The same events, each under the mark of the call that they are of. Shard's thread. */
export function markEvents(
  events: SpeechModelEvents,
  { mark, serial }: { readonly mark: WorkMark; readonly serial: number },
): SpeechModelEvents {
  const marked = Object.entries(events).map(([name, tell]) => [
    name,
    (...values: unknown[]) => {
      const before = mark.begin(serial);
      (tell as (...values: unknown[]) => void)(...values);
      mark.end(before);
    },
  ]);
  return Object.fromEntries(marked) as SpeechModelEvents;
}
