import { RemoteError } from "../../src/errors.ts";
import { errorWords } from "./dialect.ts";
import type { ModelEvent, ModelTalk } from "./model_talk.ts";

/** The model answered with an error event. */
export class ModelRefusal extends RemoteError {
  override name = "ModelRefusal";
}

/** The next event of this type; what comes before it is passed over. Rejects with ModelRefusal for an error event, and when the session ends. */
export async function waitFor(
  talk: ModelTalk,
  type: string,
): Promise<ModelEvent> {
  for (;;) {
    const event = await talk.next();
    if (event.type === type) return event;
    if (event.type === "error") throw new ModelRefusal(errorWords(event));
  }
}
