import assert from "node:assert/strict";
import { type NodeRig, withNode } from "../support/node_rig.ts";
import { startRedis } from "../support/redis_server.ts";
import { eventually } from "../support/store_rig.ts";

const TOKEN = "token-of-these-tests";

/** Asks a node's REST interface. */
async function ask(rig: NodeRig, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const url = `${rig.server.httpUrl}/v1/${path}`;
  const response = await fetch(url, { ...init, headers });
  return { status: response.status, body: await response.json() };
}

/** Two nodes with one Redis, which hear each other. */
async function withTwoNodes(
  body: (one: NodeRig, two: NodeRig) => Promise<void>,
): Promise<void> {
  await using redis = await startRedis();
  const settings = (node: string) => ({
    environment: {
      API_TOKEN: TOKEN,
      GATEWAY_PORT: "0",
      REDIS_URL: redis.url,
      NODE_NAME: node,
      TRANSFER_CONTEXT: "agents",
    },
  });
  await withNode(settings("one"), async (one) => {
    await withNode(settings("two"), async (two) => {
      for (const rig of [one, two]) {
        await eventually(
          async () => (await ask(rig, "calls")).body.nodes.length === 2,
          "the nodes hear each other",
        );
      }
      await body(one, two);
    });
  });
}

Deno.test("a program that asks any node sees, transfers and ends the calls of all", async () => {
  await withTwoNodes(async (one, two) => {
    const call = one.call();
    const other = one.call();
    for (const { uuid } of [call, other]) {
      await one.logged("The call has audio", (it) => it.callId === uuid);
    }
    const { body } = await ask(two, "calls");
    const known = body.calls.map((it: Record<string, unknown>) => [
      it.callId,
      it.node,
      it.caller,
    ]);
    assert.deepEqual(
      known.toSorted(),
      [call, other].map(({ uuid }) => [uuid, "one", "*******8000"]).toSorted(),
    );
    const found = await ask(two, `calls/${call.uuid}`);
    assert.deepEqual([found.status, found.body.state], [200, "talking"]);

    const ended = await ask(two, `calls/${call.uuid}`, { method: "DELETE" });
    assert.equal(ended.status, 202);
    const { end } = await one.logged(
      "The call has ended",
      (it) => it.callId === call.uuid,
    );
    assert.deepEqual(end, { by: "operator" });
    assert.equal((await call.ended).cause, "NORMAL_CLEARING");

    const sent = await ask(two, `calls/${other.uuid}/transfer`, {
      method: "POST",
      body: JSON.stringify({ to: "8001" }),
    });
    assert.equal(sent.status, 202);
    const line = await one.logged(
      "The call has ended",
      (it) => it.callId === other.uuid,
    );
    assert.deepEqual(line.end, { by: "transfer", to: "8001" });
    await other.ended;

    const gone = await ask(two, `calls/${call.uuid}`, { method: "DELETE" });
    assert.equal(gone.status, 404);
  });
});
