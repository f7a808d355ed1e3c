import assert from "node:assert/strict";
import { createPolledListen } from "../../../src/simulator/tcp/polled_listener.ts";
import { withStepFun } from "./client.ts";
import { silence } from "./signals.ts";

const listen = createPolledListen({ pollMs: 1 }) ?? Deno.listen;

Deno.test("a service on polled TCP parrots what each of its clients said", async () => {
  await withStepFun({ mode: "parrot", listen }, async (_fun, connect) => {
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => connect().ready()),
    );
    for (const [i, client] of clients.entries()) client.ask(`number ${i}`);
    for (const [i, client] of clients.entries()) {
      const { transcript } = await client.until(
        "response.audio_transcript.done",
      );
      assert.equal(transcript, `You wrote: number ${i}`);
      assert.ok(client.heard().length > 1000);
      await client.close();
    }
  });
});

Deno.test("a service on polled TCP is stalled, goes on and is cut", async () => {
  await withStepFun({ mode: "parrot", listen }, async (fun, connect) => {
    const client = await connect().ready();
    fun.apply({ fault: "stall", on: true });
    for (let i = 0; i < 50; i++) client.append(silence(100));
    client.ask("are you there?");
    fun.apply({ fault: "stall", on: false });
    await client.until("response.done");
    assert.equal(fun.sessions()[0].counts.appends, 50);
    fun.cutAll();
    assert.equal(await client.closed, 1006);
  });
});
