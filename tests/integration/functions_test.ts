import assert from "node:assert/strict";
import type { NodeRig } from "../support/node_rig.ts";
import { withNode } from "../support/node_rig.ts";
import type { CallOptions } from "../../src/simulator/freeswitch/call_options.ts";

const PEOPLE = {
  name: "to_people",
  description: "转接人工坐席",
  transfer: { people: "8001" },
};

/** A node whose assistant has functions, and whose model calls one as its second answer. */
async function withFunctions(
  functions: readonly unknown[],
  call: { readonly name: string; readonly arguments: string },
  body: (rig: NodeRig) => Promise<void>,
): Promise<void> {
  const assistant = {
    name: "A",
    instructions: "Be brief.",
    greeting: "您好",
    functions,
  };
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify({ default: assistant }));
    await withNode({
      stepFun: { functionCall: { ...call, atResponse: 2 } },
      environment: { ASSISTANTS_FILE: path },
    }, body);
  } finally {
    await Deno.remove(path);
  }
}

/** Places a call, and has the model called for its second answer. */
async function ask(rig: NodeRig, options: Partial<CallOptions> = {}) {
  const call = rig.call(options);
  await rig.logged("The call has audio");
  await rig.logged("The assistant said something");
  call.pressKey("1");
  return call;
}

/** Resolves once the model was told something with these words. */
async function told(rig: NodeRig, words: RegExp): Promise<void> {
  await rig.logged(
    "The assistant said something",
    ({ pii }) => words.test((pii as { text: string }).text),
  );
}

Deno.test("an assistant asks a service of the operator's, and says what it answered", async () => {
  const service = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { arguments: { phone }, caller } = await request.json();
      return new Response(`order of ${phone} for ${caller}`);
    },
  );
  const find = {
    name: "find_order",
    description: "按手机号查订单",
    url: `http://127.0.0.1:${service.addr.port}/`,
    parameters: { type: "object", properties: { phone: { type: "string" } } },
  };
  const call = { name: "find_order", arguments: '{"phone":"138"}' };
  await withFunctions([find], call, async (rig) => {
    const [, session] = await Promise.all([
      ask(rig),
      rig.logged("A function has returned"),
    ]);
    assert.equal(session.function, "find_order");
    assert.equal(session.result, "ok");
    await told(rig, /order of 138 for 13800138000/);
    const [{ settings }] = rig.stepFun.sessions();
    assert.equal(settings.tools.length, 1);
  });
  await service.shutdown();
});

Deno.test("a caller is transferred to people once the assistant has said so, and stays with them", async () => {
  const call = { name: "to_people", arguments: '{"to":"people"}' };
  await withFunctions([PEOPLE], call, async (rig) => {
    const caller = await ask(rig, {
      elsewhere: { "8001 vapi-agents": [{ bridge: { ringMs: 100 } }] },
    });
    await told(rig, /正在转接/);
    const ended = await rig.logged("The call has ended");
    assert.deepEqual(ended.end, { by: "transfer", to: "8001" });
    caller.hangUp();
    const outcome = await caller.ended;
    assert.equal(outcome.cause, "NORMAL_CLEARING");
    assert.equal(outcome.actionsRun.at(-1), "bridge");
    assert.deepEqual(rig.freeSwitch.violations, []);
  });
});

Deno.test("a caller whom nobody answers comes back to the assistant, which knows what was said", async () => {
  const call = { name: "to_people", arguments: "{}" };
  await withFunctions([PEOPLE], call, async (rig) => {
    const caller = await ask(rig, {
      elsewhere: {
        "8001 vapi-agents": [
          { bridge: { ringMs: 100, cause: "NO_ANSWER" } },
          { setVariable: ["vapi_transfer", "${originate_disposition}"] },
          { transfer: "beginning" },
        ],
      },
    });
    await rig.logged("A call goes on here");
    await rig.logged(
      "The conversation goes on",
      ({ after }) => after === "transfer",
    );
    await told(rig, /没有人接听/);
    const { items } = rig.stepFun.sessions().at(-1)!;
    assert.ok(items.some(({ text }) => text.includes("1")));
    caller.hangUp();
    assert.equal((await caller.ended).cause, "NORMAL_CLEARING");
    assert.deepEqual(rig.freeSwitch.violations, []);
  });
});

Deno.test("an assistant hangs up when the caller has heard its farewell", async () => {
  const bye = { name: "bye", description: "结束通话", hangUp: true };
  const call = { name: "bye", arguments: "{}" };
  await withFunctions([bye], call, async (rig) => {
    const caller = await ask(rig);
    await told(rig, /请用一句话道别/);
    assert.equal((await caller.ended).cause, "NORMAL_CLEARING");
    const ended = await rig.logged("The call has ended");
    assert.deepEqual(ended.end, { by: "assistant" });
  });
});
