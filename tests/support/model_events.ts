import { type ModelRig, pcm } from "./model_rig.ts";

/** The audio of {@linkcode delta} as base64. */
const AUDIO = pcm(1, -2, 32767);
/** What {@linkcode delta} carries. */
export const SAMPLES = [1, -2, 32767];

/** A response began. */
export const created = (id?: string) => ({
  type: "response.created",
  response: { id },
});
/** A response ended. */
export const done = (id?: string, status = "completed", more = {}) => ({
  type: "response.done",
  response: { id, status, ...more },
});
/** A response was cancelled. */
export const cancelled = (id?: string) => ({
  type: "response.cancelled",
  response_id: id,
});
/** Audio of a response. */
export const delta = (id?: string, itemId?: string) => ({
  type: "response.audio.delta",
  response_id: id,
  item_id: itemId,
  delta: AUDIO,
});

/** Begins a response and its audio, and hears both. */
export async function speak(rig: ModelRig, id?: string) {
  rig.peer.send(created(id));
  rig.peer.send(delta(id, "item"));
  await rig.hears(["responseStarted"], ["audio", SAMPLES]);
}
