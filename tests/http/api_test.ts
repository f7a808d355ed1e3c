import assert from "node:assert/strict";
import type { CallView } from "../../src/router/call_view.ts";
import { ApiRig } from "../support/api_rig.ts";

const VIEW: CallView = {
  callId: "a-1",
  line: "telephone",
  caller: "13800138000",
  called: "1000",
  assistantId: "default",
  state: "talking",
  supplier: "stepfun",
  shard: 1,
  resumed: false,
  ageMs: 12_400,
  talkMs: 9600,
};
const SHOWN = {
  callId: "a-1",
  node: "node-1",
  line: "telephone",
  caller: "*******8000",
  called: "1000",
  assistantId: "default",
  state: "talking",
  supplier: "stepfun",
  shard: 1,
  resumed: false,
  ageSeconds: 12,
  talkSeconds: 10,
};

Deno.test("without API_TOKEN everything below /v1 is off and says so", async () => {
  await using rig = new ApiRig({ token: undefined });
  for (const path of ["/v1/calls", "/v1/browser-calls", "/v1/nothing"]) {
    const { status, text } = await rig.ask(path);
    assert.equal(status, 403);
    assert.match(JSON.parse(text).error, /API_TOKEN is not set/);
  }
});

const WRONG: [what: string, authorization: string, status: number][] = [
  ["no token", "", 401],
  ["another token", "Bearer another-token-of-others", 401],
  ["no bearer token", "Basic dG9rZW4=", 400],
];
for (const [what, authorization, status] of WRONG) {
  Deno.test(`${what} opens nothing, and is answered as JSON`, async () => {
    await using rig = new ApiRig();
    rig.views.push(VIEW);
    for (const path of ["/v1/calls", "/v1/calls/a-1", "/v1/assistants"]) {
      const answer = await rig.ask(path, { headers: { authorization } });
      assert.equal(answer.status, status);
      assert.deepEqual(Object.keys(JSON.parse(answer.text)), ["error"]);
    }
    const headers = { authorization };
    const method = "POST";
    const booked = await rig.ask("/v1/browser-calls", { method, headers });
    assert.equal(booked.status, status);
    const hungUp = await rig.ask("/v1/calls/a-1", {
      method: "DELETE",
      headers,
    });
    assert.equal(hungUp.status, status);
    assert.deepEqual(rig.hungUp, []);
  });
}

Deno.test("calls are listed, with the ends of their numbers alone", async () => {
  await using rig = new ApiRig();
  rig.views.push(VIEW);
  const { status, text } = await rig.ask("/v1/calls");
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(text), {
    calls: [SHOWN],
    nodes: ["node-1"],
  });
});

Deno.test("a call without a shard and a first frame is listed, too", async () => {
  await using rig = new ApiRig();
  const { shard: _, talkMs: __, ...rest } = VIEW;
  rig.views.push({ ...rest, state: "connecting", caller: "" });
  const { text } = await rig.ask("/v1/calls/a-1");
  const { shard: ___, talkSeconds: ____, ...shown } = SHOWN;
  assert.deepEqual(JSON.parse(text), {
    ...shown,
    state: "connecting",
    caller: "",
  });
});

Deno.test("a call that is not here is answered with 404", async () => {
  await using rig = new ApiRig();
  for (const method of ["GET", "DELETE"]) {
    const { status, text } = await rig.ask("/v1/calls/b", { method });
    assert.equal(status, 404);
    assert.match(JSON.parse(text).error, /no such call/);
  }
});

Deno.test("an operator ends a call", async () => {
  await using rig = new ApiRig();
  rig.views.push(VIEW);
  const answer = await rig.ask("/v1/calls/a-1", { method: "DELETE" });
  assert.equal(answer.status, 202);
  assert.deepEqual(JSON.parse(answer.text), { callId: "a-1" });
  assert.deepEqual(rig.hungUp, ["a-1"]);
});

/** Asks for a call to be transferred. */
async function transfer(rig: ApiRig, callId: string, body: string) {
  const path = `/v1/calls/${callId}/transfer`;
  const { status, text } = await rig.ask(path, { method: "POST", body });
  return { status, answer: JSON.parse(text) };
}

Deno.test("an operator transfers a call", async () => {
  await using rig = new ApiRig();
  rig.views.push(VIEW);
  const { status, answer } = await transfer(rig, "a-1", '{"to":"8001"}');
  assert.equal(status, 202);
  assert.deepEqual(answer, { callId: "a-1" });
  assert.deepEqual(rig.transferred, ["a-1 8001"]);
});

Deno.test("a call that is not here, or of a browser, is not transferred", async () => {
  await using rig = new ApiRig();
  rig.views.push({ ...VIEW, line: "browser" });
  assert.equal((await transfer(rig, "b", '{"to":"8001"}')).status, 404);
  assert.equal((await transfer(rig, "a-1", '{"to":"8001"}')).status, 409);
  assert.deepEqual(rig.transferred, []);
});

for (
  const body of [
    "",
    "{",
    '{"to":""}',
    '{"to":"8001 XML default"}',
    '{"to":"8001\\n\\napi system id"}',
    '{"to":8001}',
    '{"to":"8001","context":"x"}',
    `{"to":"${"8".repeat(33)}"}`,
  ]
) {
  Deno.test(`a transfer with the body ${body.slice(0, 30)} is refused`, async () => {
    await using rig = new ApiRig();
    rig.views.push(VIEW);
    assert.equal((await transfer(rig, "a-1", body)).status, 400);
    assert.deepEqual(rig.transferred, []);
  });
}

Deno.test("assistants are listed", async () => {
  await using rig = new ApiRig();
  const { text } = await rig.ask("/v1/assistants");
  const assistants = [{ id: "default", suppliers: ["stepfun"] }];
  assert.deepEqual(JSON.parse(text), { assistants });
});
