import assert from "node:assert/strict";
import type { CallControlEvents } from "../../../src/router/call_control.ts";
import { decode } from "hono/jwt";
import { ApiRig, MAX_CALL_MS } from "../../support/api_rig.ts";

/** Collects what a call is told; `next` resolves when something more was told. */
function listener() {
  const told: string[] = [];
  let more = Promise.withResolvers<void>();
  const note = (what: string) => {
    told.push(what);
    more.resolve();
    more = Promise.withResolvers();
  };
  const events: CallControlEvents = {
    dtmf: (digit) => note(`dtmf ${digit}`),
    held: (isHeld) => note(`held ${isHeld}`),
    hungUp: (cause) => note(`hung up ${cause}`),
    statistics: () => note("statistics"),
    closed: (reason) => note(`closed ${reason}`),
  };
  const until = async (count: number) => {
    while (told.length < count) await more.promise;
    return told;
  };
  return { events, until };
}

Deno.test("a booked call comes with what was booked", async () => {
  await using rig = new ApiRig();
  const booking = {
    assistantId: "default",
    rateHz: 8000,
    callerName: "张三",
    callerNumber: "13800138000",
    calledNumber: "1000",
  };
  const { caller, control, callId } = await rig.connect(booking);
  const { rateHz, ...named } = booking;
  assert.equal(caller.protocol, "vapi.v1");
  assert.deepEqual(control.channel, {
    ...named,
    uuid: callId,
    line: "browser",
    answered: false,
    held: false,
    localHost: "127.0.0.1",
    remoteHost: "127.0.0.1",
  });
  assert.deepEqual(await control.answer(), {
    codec: "L16",
    rateHz,
    frameMs: 20,
  });
  control.leave();
  await caller.closed;
});

Deno.test("an empty booking is one of the default assistant at 16 kHz", async () => {
  await using rig = new ApiRig();
  const answer = await rig.ask("/v1/browser-calls", { method: "POST" });
  assert.equal(answer.status, 201);
  const { callId, ticket, beginBefore } = JSON.parse(answer.text);
  assert.ok(Date.parse(beginBefore) > Date.now());
  const { caller, control } = await rig.redeem(ticket);
  assert.equal(control.channel.uuid, callId);
  assert.equal(control.channel.assistantId, "");
  assert.equal((await control.answer()).rateHz, 16000);
  control.leave();
  await caller.closed;
});

const BAD_BOOKINGS: [body: string, status: number, error: RegExp][] = [
  ["{", 400, /expected object/i],
  ["[]", 400, /expected object/i],
  ["null", 400, /expected object/i],
  ['{"rateHz":11025}', 400, /rateHz: must be one of 8000, 16000, 48000/],
  ['{"rateHz":"16000"}', 400, /rateHz/],
  ['{"callerName":"a\\nb"}', 400, /callerName: must not have control/],
  [`{"callerNumber":"${"1".repeat(33)}"}`, 400, /callerNumber/],
  ['{"assistant":"default"}', 400, /assistant/],
  ['{"assistantId":"nobody"}', 422, /no such assistant/],
  [`{"callerName":"${"x".repeat(5000)}"}`, 413, /larger/],
];
for (const [body, status, error] of BAD_BOOKINGS) {
  Deno.test(`the booking ${body.slice(0, 40)} is refused in words`, async () => {
    await using rig = new ApiRig();
    const answer = await rig.ask("/v1/browser-calls", { method: "POST", body });
    assert.equal(answer.status, status);
    assert.match(JSON.parse(answer.text).error, error);
  });
}

Deno.test("every mistake of a booking is named at once", async () => {
  await using rig = new ApiRig();
  const { body } = await rig.book({ rateHz: 1, callerName: 2 });
  assert.match(body.error, /rateHz.*callerName/);
});

Deno.test("a node that takes no calls says why to who books one", async () => {
  await using rig = new ApiRig();
  rig.reasons = ["full", "overloaded"];
  const { status, body } = await rig.book();
  assert.equal(status, 503);
  assert.match(body.error, /full, overloaded/);
});

Deno.test("a ticket of a call that is over is none, be it the first or one to come back", async () => {
  await using rig = new ApiRig();
  const { body } = await rig.book();
  const { caller, control } = await rig.redeem(body.ticket);
  await control.startUnicast("", 0);
  const { ticket } = await caller.told("answered");
  await control.hangUp("NORMAL_CLEARING");
  await caller.closed;
  for (const each of [body.ticket, ticket]) {
    const again = rig.call(["vapi.v1", `ticket.${each}`]);
    assert.notEqual((await again.closed).code, 1000);
  }
  assert.equal(rig.received.length, 1);
});

Deno.test("whoever comes back has no more time than before", async () => {
  await using rig = new ApiRig();
  const { caller, control } = await rig.connect();
  await control.startUnicast("", 0);
  const first = (await caller.told("answered")).ticket;
  await caller.close(4000);
  const { caller: again, control: next } = await rig.redeem(first);
  await next.startUnicast("", 0);
  const second = (await again.told("answered")).ticket;
  next.leave();
  await again.closed;
  const [one, two] = [first, second].map((ticket) =>
    decode(ticket).payload.exp!
  );
  assert.equal(two, one);
  const longestMs = Date.now() + MAX_CALL_MS + 61_000;
  assert.ok(one * 1000 <= longestMs && one * 1000 > longestMs - 10_000);
});

Deno.test("a call is told what the browser says, from its first word on", async () => {
  await using rig = new ApiRig();
  const { caller, control } = await rig.connect();
  await control.takeOver();
  const leg = control.openLeg!({ host: "", peerHost: "" });
  await caller.told("ringing");
  caller.send('{"type":"dtmf","digit":"5"}');
  const { events, until } = listener();
  control.listen(events);
  caller.send('{"type":"hold","held":true}');
  caller.send('{"type":"hold","held":false}');
  caller.send('{"type":"dtmf","digit":"#"}');
  const told = await until(4);
  assert.deepEqual(told, ["dtmf 5", "held true", "held false", "dtmf #"]);
  await leg.close();
  caller.send('{"type":"hang_up"}');
  await until(6);
  assert.deepEqual(told.slice(4), [
    "hung up NORMAL_CLEARING",
    "closed the WebSocket closed: 1000",
  ]);
  const { cause, mayReturn } = await caller.told("ended");
  assert.deepEqual({ cause, mayReturn }, {
    cause: "NORMAL_CLEARING",
    mayReturn: false,
  });
});

// A page that is left closes with 1001, which a program may not do by itself.
for (const code of [1000, undefined]) {
  Deno.test(`closing with ${code} is hanging up`, async () => {
    await using rig = new ApiRig();
    const { caller, control } = await rig.connect();
    const { events, until } = listener();
    control.listen(events);
    await caller.close(code);
    const [first, second] = await until(2);
    assert.equal(first, "hung up NORMAL_CLEARING");
    assert.match(second, /^closed/);
  });
}

Deno.test("a connection that is lost is no hang-up", async () => {
  await using rig = new ApiRig();
  const { caller, control } = await rig.connect();
  const { events, until } = listener();
  control.listen(events);
  await caller.close(4000);
  assert.deepEqual(await until(1), ["closed the WebSocket closed: 4000"]);
});

const NONSENSE = [
  "",
  "hello",
  "[]",
  "null",
  "{}",
  '{"type":"dtmf"}',
  '{"type":"dtmf","digit":"12"}',
  '{"type":"hold","held":1}',
  '{"type":"shutdown"}',
  '{"type":"hang_up","cause":"x"}',
  '{"type":"__proto__"}',
  "{".repeat(2000),
];
for (const text of NONSENSE) {
  Deno.test(`the message ${text.slice(0, 40)} is an error, and the call goes on`, async () => {
    await using rig = new ApiRig();
    const { caller, control } = await rig.connect();
    const { events, until } = listener();
    control.listen(events);
    caller.send(text);
    const { message } = await caller.told("error");
    assert.ok(message.length > 0 && message.length < 300, message);
    caller.send('{"type":"dtmf","digit":"1"}');
    assert.deepEqual(await until(1), ["dtmf 1"]);
    control.leave();
    await caller.closed;
  });
}

Deno.test("what somebody says too much is left out, and the call goes on", async () => {
  await using rig = new ApiRig();
  const { caller, control } = await rig.connect();
  const { events, until } = listener();
  control.listen(events);
  for (let i = 0; i < 200; i++) caller.send('{"type":"dtmf","digit":"1"}');
  assert.match((await caller.told("error")).message, /too many/);
  await caller.close();
  const told = await until(42);
  const keys = told.filter((each) => each === "dtmf 1").length;
  assert.ok(keys >= 40 && keys < 100, `${keys}`);
});

Deno.test("whoever floods the gateway is cut off, alone", async () => {
  await using rig = new ApiRig();
  const { caller, control } = await rig.connect();
  const { events, until } = listener();
  control.listen(events);
  for (let i = 0; i < 1200; i++) caller.send(new Uint8Array());
  assert.notEqual((await caller.closed).code, 1000);
  assert.match((await until(1))[0], /^closed .* 1006$/);
  const { caller: other, control: its } = await rig.connect();
  await its.startUnicast("", 0);
  await other.told("answered");
  its.leave();
  await other.closed;
});

const TOO_LONG: [what: string, data: string | Uint8Array<ArrayBuffer>][] = [
  ["a text", "x".repeat(4097)],
  ["a frame", new Uint8Array(4097)],
];
for (const [what, data] of TOO_LONG) {
  Deno.test(`${what} that is too long ends its connection`, async () => {
    await using rig = new ApiRig();
    const { caller, control } = await rig.connect();
    const { events, until } = listener();
    control.listen(events);
    caller.send(data);
    assert.notEqual((await caller.closed).code, 1000);
    // No hang-up: the page may come back and do better.
    assert.match((await until(1))[0], /^closed/);
  });
}

Deno.test("the browser is told what was said", async () => {
  await using rig = new ApiRig();
  const { caller, control } = await rig.connect();
  const line = { change: "insert", index: 3, role: "caller" } as const;
  control.show!({ ...line, text: "您好" });
  const { type: _, ...said } = await caller.told("said");
  assert.deepEqual(said, { ...line, text: "您好" });
  control.leave();
  await caller.closed;
});

Deno.test("the browser is told of the answer, with a ticket to come back", async () => {
  await using rig = new ApiRig();
  const { caller, control, callId } = await rig.connect({ callerName: "a" });
  await control.startUnicast("", 0);
  const answered = await caller.told("answered");
  assert.equal(answered.rateHz, 16000);
  assert.equal(answered.frameMs, 20);
  await caller.close(4000);
  const { caller: again, control: next } = await rig.redeem(answered.ticket);
  const { uuid, callerName, answered: isAnswered } = next.channel;
  assert.deepEqual({ uuid, callerName, isAnswered }, {
    uuid: callId,
    callerName: "a",
    isAnswered: true,
  });
  next.leave();
  await again.closed;
});

const FAREWELLS: [
  what: string,
  variables: Record<string, string>,
  hangUp: string | undefined,
  ended: unknown,
][] = [
  [
    "that is hung up",
    {},
    "ALLOTTED_TIMEOUT",
    { cause: "ALLOTTED_TIMEOUT", reason: "", mayReturn: false },
  ],
  [
    "that is left to others",
    { vapi_cause: "NORMAL_TEMPORARY_FAILURE", vapi_reason: "drain" },
    undefined,
    { cause: "NORMAL_TEMPORARY_FAILURE", reason: "drain", mayReturn: true },
  ],
  [
    "that was refused",
    { vapi_cause: "NORMAL_CIRCUIT_CONGESTION", vapi_reason: "capacity" },
    undefined,
    {
      cause: "NORMAL_CIRCUIT_CONGESTION",
      reason: "capacity",
      mayReturn: false,
    },
  ],
  [
    "that another connection has",
    {},
    undefined,
    { cause: "NORMAL_CLEARING", reason: "", mayReturn: false },
  ],
];
for (const [what, variables, hangUp, ended] of FAREWELLS) {
  Deno.test(`a browser hears of the end of a call ${what}, once`, async () => {
    await using rig = new ApiRig();
    const { caller, control } = await rig.connect();
    const { events, until } = listener();
    control.listen(events);
    if (what !== "that was refused") await control.startUnicast("", 0);
    for (const [name, value] of Object.entries(variables)) {
      await control.setVariable(name, value);
    }
    if (hangUp !== undefined) await control.hangUp(hangUp);
    control.leave();
    control.leave();
    const { type: _, ...told } = await caller.told("ended");
    assert.deepEqual(told, ended);
    assert.equal((await caller.closed).code, 1000);
    assert.match((await until(2))[1], /closed: 1000$/);
    assert.equal(caller.count("ended"), 1);
    assert.equal(await control.exists(), false);
  });
}
