import assert from "node:assert/strict";
import type {
  ConnectSocket,
  ModelSocketEvents,
} from "../../src/model/model_socket.ts";
import { makeModel } from "../support/model_rig.ts";

/** More turns than there are between an answer of the peer and a conversation that serves. */
const MOST_HOPS = 40;
const LOST = { code: 0, reason: "", error: "reset" };

/** Lets what waits for promises have so many turns. */
async function hop(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await null;
}

/** A peer that is there at once, and is gone so many turns after it said that the session is updated. */
function peers(goneAfter: readonly (number | undefined)[]) {
  const opened: { readonly events: ModelSocketEvents; speech: number }[] = [];
  const connect: ConnectSocket = (_address, events) => {
    const hops = goneAfter[opened.length];
    const peer = { events, speech: 0 };
    opened.push(peer);
    let isGone = false;
    const go = () => {
      if (isGone) return;
      isGone = true;
      events.gone(LOST);
    };
    queueMicrotask(() => {
      events.opened();
      events.message(`{"type":"session.created","event_id":"1"}`);
    });
    return {
      bufferedBytes: 0,
      send(text) {
        if (JSON.parse(text).type !== "session.update") return;
        events.message(`{"type":"session.updated","event_id":"2"}`);
        if (hops !== undefined) hop(hops).then(go);
      },
      sendSpeech: () => void peer.speech++,
      close: () => queueMicrotask(go),
    };
  };
  return { connect, opened };
}

/** Waits until speech reaches a peer, and gives the number of that. */
async function reached(
  model: { appendAudio(samples: Int16Array): void },
  opened: readonly { readonly speech: number }[],
): Promise<number> {
  const endMs = performance.now() + 10_000;
  while (performance.now() < endMs) {
    const before = opened.map(({ speech }) => speech);
    model.appendAudio(new Int16Array(480));
    const found = opened.findIndex(({ speech }, i) => speech > before[i]);
    if (found >= 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error("Speech reaches nobody");
}

for (const when of ["at its first opening", "when it is reached again"]) {
  Deno.test(`a model that is gone at any moment ${when} is followed by another`, async () => {
    for (let hops = 0; hops < MOST_HOPS; hops++) {
      const isFirst = when === "at its first opening";
      const plan = isFirst ? [hops, undefined] : [undefined, hops, undefined];
      const { connect, opened } = peers(plan);
      const loose = makeModel("ws://127.0.0.1:1/", {
        connect,
        history: () => [],
      });
      await loose.model.open(AbortSignal.timeout(20_000));
      if (!isFirst) opened[0].events.gone(LOST);
      // Everything of the one that goes has come to pass.
      await new Promise((resolve) => setTimeout(resolve, 0));
      const last = plan.length - 1;
      assert.equal(await reached(loose.model, opened), last, `${hops} hops`);
      await loose[Symbol.asyncDispose]();
    }
  });
}
