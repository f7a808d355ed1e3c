import assert from "node:assert/strict";
import { AllCalls, type OwnCalls } from "../../src/http/all_calls.ts";
import type { CallView } from "../../src/router/call_view.ts";
import type { PeerAnswer, Peers } from "../../src/store/call_store.ts";

const BROWSER = "browser-";

function viewOf(callId: string, ageMs = 1000): CallView {
  return {
    callId,
    line: callId.startsWith(BROWSER) ? "browser" : "telephone",
    caller: "13800138000",
    called: "1000",
    assistantId: "default",
    state: "talking",
    supplier: "stepfun",
    shard: 0,
    resumed: false,
    ageMs,
    talkMs: 500,
  };
}

/** The calls of a node that a test makes up, and what was done to them. */
class MadeUpCalls implements OwnCalls {
  readonly done: string[] = [];
  readonly #views: CallView[];

  constructor(views: CallView[]) {
    this.#views = views;
  }

  views = () => this.#views;
  view = (callId: string) => this.#views.find((it) => it.callId === callId);

  hangUp(callId: string): boolean {
    this.done.push(`hang up ${callId}`);
    return this.view(callId) !== undefined;
  }

  transfer(callId: string, to: string) {
    this.done.push(`transfer ${callId} to ${to}`);
    if (this.view(callId) === undefined) return "unknown";
    return callId.startsWith(BROWSER) ? "impossible" : "sent";
  }
}

/** Joins nodes as Redis does: what is said goes as JSON. */
class MadeUpPeers implements Peers {
  readonly #node: string;
  readonly #all: MadeUpPeers[];
  #answer: (question: unknown) => unknown = () => undefined;

  constructor(node: string, all: MadeUpPeers[]) {
    this.#node = node;
    this.#all = all;
    all.push(this);
  }

  listen(answer: (question: unknown) => unknown): void {
    this.#answer = answer;
  }

  ask(question: unknown): Promise<readonly PeerAnswer[]> {
    const others = this.#all.filter((each) => each !== this);
    return Promise.resolve(others.map((other) => ({
      node: other.#node,
      answer: throughJson(other.#answer(throughJson(question))),
    })));
  }
}

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

function joinNodes(...calls: CallView[][]) {
  const joined: MadeUpPeers[] = [];
  return calls.map((views, i) => {
    const node = `node-${i + 1}`;
    const own = new MadeUpCalls(views);
    const peers = new MadeUpPeers(node, joined);
    const all = new AllCalls({ node, own, peers });
    all.listen();
    return { own, all, peers };
  });
}

Deno.test("the calls of all nodes are listed, the oldest first, with their nodes and the ends of their numbers", async () => {
  const [, { all }] = joinNodes(
    [viewOf("a", 1000), viewOf("b", 9000)],
    [viewOf("c", 5000)],
    [],
  );
  const { calls, nodes } = await all.list();
  assert.deepEqual(
    calls.map(({ callId, node, caller }) => [callId, node, caller]),
    [
      ["b", "node-1", "*******8000"],
      ["c", "node-2", "*******8000"],
      ["a", "node-1", "*******8000"],
    ],
  );
  assert.deepEqual(nodes, ["node-2", "node-1", "node-3"]);
});

Deno.test("a call is found wherever it is, and one that nobody has is not", async () => {
  const [{ all }] = joinNodes([viewOf("a")], [], [viewOf("c")]);
  assert.equal((await all.find("a"))?.node, "node-1");
  assert.equal((await all.find("c"))?.node, "node-3");
  assert.equal(await all.find("d"), undefined);
});

Deno.test("a call is ended wherever it is, and nowhere else when it is here", async () => {
  const [{ all, own }, other] = joinNodes([viewOf("a")], [viewOf("b")]);
  assert.equal(await all.hangUp("a"), true);
  assert.deepEqual(other.own.done, []);
  assert.equal(await all.hangUp("b"), true);
  assert.equal(await all.hangUp("c"), false);
  assert.deepEqual(own.done, ["hang up a", "hang up b", "hang up c"]);
  assert.deepEqual(other.own.done, ["hang up b", "hang up c"]);
});

Deno.test("a caller is transferred wherever the call is", async () => {
  const browser = `${BROWSER}1`;
  const [{ all }, other] = joinNodes([], [viewOf("b"), viewOf(browser)], []);
  assert.equal(await all.transfer("b", "8001"), "sent");
  assert.equal(await all.transfer(browser, "8001"), "impossible");
  assert.equal(await all.transfer("c", "8001"), "unknown");
  assert.equal(other.own.done[0], "transfer b to 8001");
});

const NONSENSE: unknown[] = [
  undefined,
  null,
  "list",
  { do: "shut_down" },
  { do: "hang_up" },
  { do: "hang_up", callId: "" },
  { do: "hang_up", callId: "a".repeat(300) },
  { do: "transfer", callId: "a", to: "8001; hupall" },
  { do: "transfer", callId: "a", to: "8001", more: true },
];
for (const [i, question] of NONSENSE.entries()) {
  Deno.test(`a question that is none does nothing: ${i}`, async () => {
    const [{ own }, { peers }] = joinNodes([viewOf("a")], []);
    const [{ answer }] = await peers.ask(question);
    assert.equal(answer, null);
    assert.deepEqual(own.done, []);
  });
}

const ODD_ANSWERS: unknown[] = [
  null,
  true,
  "sent",
  "unknown",
  [],
  [{ callId: 7 }],
  [null],
  { callId: "a" },
  { error: "no" },
];
for (const odd of ODD_ANSWERS) {
  Deno.test(`the answer ${JSON.stringify(odd)} of another node breaks nothing`, async () => {
    const all = new AllCalls({
      node: "here",
      own: new MadeUpCalls([viewOf("own")]),
      peers: {
        listen() {},
        ask: () => Promise.resolve([{ node: "odd", answer: odd }]),
      },
    });
    const { calls } = await all.list();
    assert.deepEqual(calls.map(({ callId }) => callId), ["own"]);
    assert.equal(await all.find("a"), undefined);
    assert.equal(await all.hangUp("a"), odd === true);
    const outcome = await all.transfer("a", "8001");
    assert.equal(outcome, odd === "sent" ? "sent" : "unknown");
  });
}
