import assert from "node:assert/strict";
import { created, done } from "../support/model_events.ts";
import { type Heard, type ModelRig, openRig } from "../support/model_rig.ts";

const ARGUMENTS = '{"city":"Turin"}';
const called: Heard = ["functionCalled", "c1", "weather", ARGUMENTS];
const item = (more = {}) => ({
  id: "i1",
  type: "function_call",
  call_id: "c1",
  name: "weather",
  ...more,
});
const added = (more = {}) => ({
  type: "response.output_item.added",
  response_id: "a",
  item: item({ arguments: "", ...more }),
});
const itemDone = (more = {}) => ({
  type: "response.output_item.done",
  response_id: "a",
  item: item({ arguments: ARGUMENTS, ...more }),
});
const pieces = (more = {}, text = ARGUMENTS) =>
  [...text].map((delta) => ({
    type: "response.function_call_arguments.delta",
    response_id: "a",
    item_id: "i1",
    delta,
    ...more,
  }));
const argumentsDone = (more = {}) => ({
  type: "response.function_call_arguments.done",
  response_id: "a",
  item_id: "i1",
  call_id: "c1",
  name: "weather",
  arguments: ARGUMENTS,
  ...more,
});
const no = undefined;

/** Sends the events of one response, whole. */
async function respond(rig: ModelRig, events: readonly { type: string }[]) {
  rig.peer.send(created("a"));
  for (const event of events) rig.peer.send(event);
  rig.peer.send(done("a"));
  await rig.hears(["responseStarted"]);
}

for (
  const [what, ...events] of [
    ["everything is told", added(), ...pieces(), argumentsDone(), itemDone()],
    ["only its end tells", argumentsDone()],
    ["only its item tells when it is over", added(), itemDone()],
    [
      "its end has no call id, and its item had",
      added(),
      argumentsDone({ call_id: no }),
      itemDone(),
    ],
    [
      "its end has neither call id nor name",
      added(),
      argumentsDone({ call_id: null, name: null }),
    ],
    [
      "its end has no id at all",
      added(),
      argumentsDone({ call_id: no, item_id: no }),
    ],
    [
      "its item has no id",
      added({ id: no }),
      argumentsDone({ call_id: no }),
    ],
    [
      "its item tells the call id when it is over",
      added({ call_id: no }),
      argumentsDone({ call_id: no }),
      itemDone(),
    ],
    [
      "its arguments are null after their pieces",
      added(),
      ...pieces(),
      argumentsDone({ arguments: null }),
      itemDone({ arguments: null }),
    ],
    [
      "its arguments are missing after pieces without ids",
      added(),
      ...pieces({ item_id: no, response_id: no }),
      argumentsDone({ arguments: no, call_id: no }),
    ],
    [
      "its arguments are empty after their pieces",
      added(),
      ...pieces(),
      argumentsDone({ arguments: "" }),
    ],
    [
      "its arguments are missing, and its item has them",
      added(),
      argumentsDone({ arguments: no }),
      itemDone(),
    ],
    [
      "its item knows the call by another name",
      added({ call_id: no }),
      argumentsDone({ item_id: no }),
      itemDone(),
    ],
  ] as [string, ...{ type: string }[]][]
) {
  Deno.test(`a function is called once when ${what}`, async () => {
    await using rig = await openRig();
    await respond(rig, events);
    await rig.hears(called, ["responseEnded", "completed"]);
    assert.equal(rig.model.answerFunction("c1", "sunny"), true);
    const { item } = await rig.sends("conversation.item.create");
    const type = "function_call_output";
    assert.deepEqual(item, { type, call_id: "c1", output: "sunny" });
    await rig.sends("response.create");
    await rig.hearsNothing();
  });
}

Deno.test("two functions of a response are told apart by their items", async () => {
  await using rig = await openRig();
  const ids = { id: "i2", call_id: "c2", name: "time" };
  await respond(rig, [
    added(),
    added(ids),
    ...pieces({ item_id: "i2" }, "{}"),
    ...pieces(),
    argumentsDone({ call_id: no, name: no, arguments: no }),
    argumentsDone({
      item_id: "i2",
      call_id: no,
      name: no,
      arguments: no,
    }),
  ]);
  await rig.hears(called, ["functionCalled", "c2", "time", "{}"]);
  await rig.hears(["responseEnded", "completed"]);
});

Deno.test("a function without arguments is called at the end of its response", async () => {
  await using rig = await openRig();
  await respond(rig, [added(), argumentsDone({ arguments: null })]);
  await rig.hears(
    ["functionCalled", "c1", "weather", ""],
    ["responseEnded", "completed"],
  );
  rig.model.answerFunction("c1", "sunny");
  await rig.sends("conversation.item.create", "response.create");
});

for (const status of ["incomplete", "cancelled", "failed"]) {
  Deno.test(`a function whose item is ${status} is not called`, async () => {
    await using rig = await openRig();
    rig.peer.send(created("a"));
    rig.peer.send(added());
    rig.peer.send(itemDone({ status }));
    rig.peer.send(done("a", "incomplete"));
    await rig.hears(["responseStarted"]);
    const [name] = await rig.heard.next();
    assert.equal(name, "complaint");
    await rig.hears(["responseEnded", "incomplete"]);
  });
}

Deno.test("a call that nothing gives an id is complained of when its response is over", async () => {
  await using rig = await openRig();
  await respond(rig, [argumentsDone({ call_id: no })]);
  const peer = "peer";
  await rig.hears(
    ["complaint", {
      kind: peer,
      message: "it sent a function call without an id",
    }],
    ["complaint", {
      kind: peer,
      message: "the response has neither audio nor text",
    }],
    ["responseEnded", "completed"],
  );
  rig.peer.send(argumentsDone({ call_id: no, response_id: no }));
  await rig.hearsNothing();
});

Deno.test("pieces of arguments without an end are not kept", async () => {
  await using rig = await openRig();
  const long = { delta: "x".repeat(8 * 1024) };
  await respond(rig, [
    added(),
    ...pieces(long, "123"),
    argumentsDone({ arguments: null }),
  ]);
  const message = "it sent a function call of more than 16384 characters";
  await rig.hears(["complaint", { kind: "peer", message }]);
});

Deno.test("calls are kept of sixteen items", async () => {
  await using rig = await openRig();
  const ids = Array.from({ length: 30 }, (_, n) => `${n}`);
  await respond(rig, [
    ...ids.map((id) => added({ id: `i${id}`, call_id: `c${id}` })),
    ...ids.map((id) => argumentsDone({ item_id: `i${id}`, call_id: no })),
  ]);
  for (let n = 0; n < 16; n++) {
    await rig.hears(["functionCalled", `c${n}`, "weather", ARGUMENTS]);
  }
  await rig.hears(["responseEnded", "completed"]);
});
